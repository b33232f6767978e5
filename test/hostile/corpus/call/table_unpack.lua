-- Unpack of 8,000 and of 100,000 elements.
-- expect: any
local t = {} for i = 1, 100000 do t[i] = i end local n = select('#', unpack(t, 1, 8000)) return unpack(t)
