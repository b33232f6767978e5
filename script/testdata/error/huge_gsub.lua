local s = string.rep("x", 1e6)
s:gsub("x", s)
