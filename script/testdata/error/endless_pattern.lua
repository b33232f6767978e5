string.find(string.rep("a", 100), string.rep("a*", 30) .. "b")
