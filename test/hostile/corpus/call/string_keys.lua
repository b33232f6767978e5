-- A table of strings without an end.
-- expect: limit
local t = {} for i = 1, 1e9 do t['key' .. i] = true end
