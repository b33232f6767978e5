-- __tostring that calls tostring.
-- expect: error
local t = setmetatable({}, { __tostring = function(t) return tostring(t) end }) return tostring(t)
