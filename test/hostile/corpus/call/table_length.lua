-- The length of a list that ends with 1,000,000 nils.
-- expect: limit
local t = {} t[1000000] = 1 t[1000000] = nil while true do local n = #t end
