-- 50,000 functions in functions.
-- expect: refused
-- repeat 20000: local function f()

