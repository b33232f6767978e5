-- 100,000 operators, each of which nests.
-- expect: refused
local x = 1
-- repeat 100000: ^1

