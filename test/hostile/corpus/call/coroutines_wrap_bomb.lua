-- Coroutines that each make two.
-- expect: any
local function f() coroutine.wrap(f)() coroutine.wrap(f)() end pcall(f) f()
