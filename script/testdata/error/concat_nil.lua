local t = {}
local x = "a" .. t.b .. "c"
