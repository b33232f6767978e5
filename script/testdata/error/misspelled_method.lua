local s = "x"
return s:uper()
