string.find("x", "[a")
