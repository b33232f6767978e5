-- Tail calls, and an error of which the traceback lists them.
-- expect: limit
local function f(n) if n == 0 then error('x') end return f(n - 1) end
while true do pcall(f, 10000) end
