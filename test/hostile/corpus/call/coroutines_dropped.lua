-- Coroutines that never end, none kept.
-- expect: limit
while true do coroutine.resume(coroutine.create(function() coroutine.yield() end)) end
