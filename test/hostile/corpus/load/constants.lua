-- 100,000 constants in one function.
-- expect: refused
local t = {
-- repeat 20000: 'NUMBER',
}
