-- __lt that compares.
-- expect: error
local m = { __lt = function(a, b) return a < b end } return setmetatable({}, m) < setmetatable({}, m)
