-- The same in pcall.
-- expect: limit
local s = ('x'):rep(1e6) for i = 1, 1e6 do pcall(function() msg.attributes['k' .. i] = s end) end
