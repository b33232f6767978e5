local t = {}
return "x" .. t.name
