-- Table.insert without an end.
-- expect: limit
local t = {} while true do table.insert(t, 'x') end
