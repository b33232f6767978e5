-- 100,000 times .x.
-- expect: refused
local x = {} x = x
-- repeat 100000: .x

