-- Data of 32 MB, assigned again and again.
-- expect: limit
local s = ('x'):rep(3e7) while true do msg.data = s end
