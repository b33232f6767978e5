-- Attributes of 1 MB.
-- expect: limit
local s = ('x'):rep(1e6) for i = 1, 1e6 do msg.attributes['k' .. i] = s end
