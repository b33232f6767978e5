-- Next of a table whose members are gone.
-- expect: limit
local t = {} for i = 1, 20000 do t['k' .. i] = 1 end for i = 1, 20000 do t['k' .. i] = nil end t.z = 1 while true do next(t) end
