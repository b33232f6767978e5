local x = string.uper("x")
