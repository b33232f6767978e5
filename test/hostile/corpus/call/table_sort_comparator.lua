-- A comparator that is not consistent.
-- expect: any
local t = {} for i = 1, 10000 do t[i] = i % 7 end table.sort(t, function() return true end)
