-- An endless loop in a coroutine.
-- expect: limit
coroutine.wrap(function() while true do end end)()
