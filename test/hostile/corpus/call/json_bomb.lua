-- A table that holds another twice, and that another twice.
-- expect: limit
local t = { 1 } for i = 1, 40 do t = { t, t } end msg.json = t
