-- JSON nested 5,000 deep.
-- expect: error
local t = {} for i = 1, 5000 do t = { t } end msg.json = t
