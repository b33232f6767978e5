-- A table that is its own __index.
-- expect: error
local t = {} setmetatable(t, { __index = t }) t.y = nil return t.x
