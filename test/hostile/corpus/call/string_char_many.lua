-- String.char of 100,000 arguments.
-- expect: any
local t = {} for i = 1, 60000 do t[i] = 65 end return #string.char(unpack(t))
