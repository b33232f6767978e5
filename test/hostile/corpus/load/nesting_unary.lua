-- 100,000 times not.
-- expect: refused
local x =
-- repeat 100000: not
true
