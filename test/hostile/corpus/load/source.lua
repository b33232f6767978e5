-- A source of 4 MB.
-- expect: refused
-- repeat 1000000: x=1

