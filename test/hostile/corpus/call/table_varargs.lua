-- Tables of many arguments, again and again.
-- expect: limit
local t = {} for i = 1, 20000 do t[i] = i end local function f(...) while true do local u = { ... } end end f(unpack(t))
