-- Table.maxn of the same.
-- expect: limit
local t = {} t[1000000] = 1 t[1000000] = nil while true do table.maxn(t) end
