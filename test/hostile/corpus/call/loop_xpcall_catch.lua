-- A handler that tries to catch the limit and to go on.
-- expect: limit
local function again() xpcall(function() while true do end end, function() return again() end) return again() end
again()
