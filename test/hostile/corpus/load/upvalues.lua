-- More upvalues than there can be.
-- expect: refused
-- repeat 150: local aNUMBER = 1
local function f() return 0
-- repeat 150: + aNUMBER
end
