-- Returning a long string in many messages.
-- expect: any
local s, t = ('x'):rep(1e6), {} for i = 1, 5000 do t[i] = s end return unpack(t)
