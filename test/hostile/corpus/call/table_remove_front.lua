-- Table.remove before 1,000,000 others.
-- expect: limit
local t = {} t[1000000] = 1 while true do table.remove(t, 1) table.insert(t, 1) end
