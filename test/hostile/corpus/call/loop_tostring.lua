-- Tostring and tonumber in an endless loop.
-- expect: limit
local x = 1 while true do x = tonumber(tostring(x)) + 1 end
