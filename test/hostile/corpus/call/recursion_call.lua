-- __call that calls itself.
-- expect: any
local t = {} setmetatable(t, { __call = function(self) return 1 + self() end }) return t()
