-- A coroutine in a coroutine, and so on.
-- expect: error
local function f() return coroutine.wrap(f)() end f()
