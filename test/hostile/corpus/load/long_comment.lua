-- A comment that does not end.
-- expect: refused
--[[
-- repeat 100000: x

