-- A branch that holds another twice, and so on.
-- expect: refused
local gopiper = require('gopiper') local s = gopiper.stdout{} for i = 1, 40 do s = gopiper.branch{ { s }, { s } } end gopiper.createPipeline{ gopiper.stdin{}, s }
