package.loadlib("x")
