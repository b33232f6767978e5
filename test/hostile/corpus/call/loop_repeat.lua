-- An endless repeat that does a little.
-- expect: limit
local n = 0 repeat n = n + 1 until n < 0
