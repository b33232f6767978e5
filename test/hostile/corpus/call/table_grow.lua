-- A list that grows without an end.
-- expect: limit
local t = {} while true do t[#t + 1] = {} end
