-- A string that grows by a byte, and is copied each time.
-- expect: limit
local s = ('x'):rep(1e6) while true do s = s .. 'x' end
