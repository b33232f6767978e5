-- 100,000 tables in tables.
-- expect: refused
local x =
-- repeat 100000: {

