-- A table that grows while describing.
-- expect: refused
local t = {} while true do t[#t + 1] = ('x'):rep(1e6) .. #t end
