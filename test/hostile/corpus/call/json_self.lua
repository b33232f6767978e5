-- A table that holds itself.
-- expect: error
local t = {} t.t = t msg.json = t
