-- A replacement of a string by itself.
-- expect: limit
local s = 'x' while true do s = s:gsub('.', '%0%0%0%0%0%0%0%0') end
