-- A string of 1 MB that does not end.
-- expect: refused
local x = "\
-- repeat 200000: xxxxx\

