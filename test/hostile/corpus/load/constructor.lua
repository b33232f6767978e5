-- A constructor of 200,000 elements.
-- expect: refused
local t = {
-- repeat 200000: 1,
}
