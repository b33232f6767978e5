-- 100,000 times ().
-- expect: refused
local x = {} x = x
-- repeat 100000: ()

