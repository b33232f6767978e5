local x = tostring(1
local y = 2
