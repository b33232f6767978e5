-- Copies of copies, all emitted.
-- expect: limit
local c = msg:copy() while true do c = c:copy() c:emit() end
