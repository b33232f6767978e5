-- T[2^40].
-- expect: any
local t = {} t[2^40] = 1 t[-2^40] = 1 t[1e308] = 1 for i = 1, #t do end
