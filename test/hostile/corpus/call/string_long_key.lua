-- Keys of 1 MB.
-- expect: any
local t = {} for i = 1, 1e4 do t[('x'):rep(1e6) .. i] = i end
