-- Table.concat of a long string, many times.
-- expect: any
local t, s = {}, ('x'):rep(1e6) for i = 1, 1000 do t[i] = s end msg.data = table.concat(t)
