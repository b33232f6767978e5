-- Sorting 400,000 numbers, again and again.
-- expect: limit
local t = {} t[400000] = 1 for i = 1, 400000, 2 do t[i] = -i end for i = 2, 400000, 2 do t[i] = i end while true do table.sort(t) end
