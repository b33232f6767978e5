-- Numbers that are none.
-- expect: any
local t = {} t[0/0 == 0/0] = 1 return math.fmod(1, 0), ('x'):rep(0/0), ('x'):sub(0/0, 1/0), ('%d'):format(1/0) and nil
