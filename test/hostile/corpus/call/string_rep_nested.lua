-- Strings of 30 MB, one after the other, all kept.
-- expect: limit
local t = {} for i = 1, 100 do t[i] = ('x'):rep(30e6) end
