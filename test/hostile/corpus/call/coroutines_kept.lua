-- Coroutines that never end, all kept.
-- expect: limit
local t = {} for i = 1, 1e9 do local co = coroutine.create(function() coroutine.yield() end) coroutine.resume(co) t[i] = co end
