-- A string that is too long while describing.
-- expect: refused
local s = ('x'):rep(1e9)
