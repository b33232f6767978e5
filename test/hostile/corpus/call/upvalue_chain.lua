-- Closures that each hold the one before.
-- expect: limit
local f for i = 1, 1e9 do local before = f f = function() return before end end
