-- Recursion without an end while describing.
-- expect: refused
local function f() return 1 + f() end f()
