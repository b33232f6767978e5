-- Recursion without an end.
-- expect: error
local function f() return 1 + f() end return f()
