-- An element far behind the others, which fills the table up to it.
-- expect: limit
local all = {} for i = 1, 1e6 do local t = {} t[2^20 - 1] = 1 all[i] = t end
