-- Many strings, all of them kept.
-- expect: limit
local t = {} for i = 1, 1e9 do t[i] = ('%d'):format(i):rep(100) end
