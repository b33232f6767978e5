-- A coroutine with a full stack.
-- expect: any
local function deep(n) return 1 + deep(n + 1) end local t = {} for i = 1, 1000 do local co = coroutine.create(deep) coroutine.resume(co, 1) t[i] = co end
