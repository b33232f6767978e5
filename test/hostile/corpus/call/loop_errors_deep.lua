-- The same, far down the stack, where a traceback is long.
-- expect: limit
local function deep(n) if n > 0 then return (deep(n - 1)) end while true do pcall(error, 'x') end end
deep(150)
