-- 100,000 parentheses.
-- expect: refused
local x =
-- repeat 100000: (
1
