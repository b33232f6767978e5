local t = {}
return t.size > 5
