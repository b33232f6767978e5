-- A key of 60 MB, assigned again and again.
-- expect: limit
local s = ('x'):rep(6e6) while true do msg.key = s .. '' end
