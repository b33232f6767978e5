-- Attributes that hold others twice, and so on.
-- expect: refused
local gopiper = require('gopiper') local t = { 1 } for i = 1, 60 do t = { t, t } end gopiper.createPipeline{ gopiper.stdin{ x = t }, gopiper.stdout{} }
