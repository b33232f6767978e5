-- Table.insert before 1,000,000 others.
-- expect: limit
local t = {} t[1000000] = 1 while true do table.insert(t, 1, 'x') end
