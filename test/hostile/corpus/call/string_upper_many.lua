-- Upper of 32 MiB, again and again.
-- expect: limit
local s = ('x'):rep(2^25) while true do local t = s:upper() end
