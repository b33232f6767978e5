os.execute("x")
