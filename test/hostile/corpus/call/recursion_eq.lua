-- __eq that compares.
-- expect: error
local m = { __eq = function(a, b) return a == b end } return setmetatable({}, m) == setmetatable({}, m)
