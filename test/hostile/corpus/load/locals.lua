-- 100,000 local variables.
-- expect: refused
-- repeat 100000: local a = 1

