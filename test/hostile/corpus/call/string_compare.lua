-- Comparing strings of 16 MiB that are equal.
-- expect: limit
local a, b = ('x'):rep(2^24) .. 'a', ('x'):rep(2^24) .. 'b' while a < b do end
