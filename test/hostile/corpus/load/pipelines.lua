-- Pipelines without an end.
-- expect: refused
local gopiper = require('gopiper') while true do gopiper.createPipeline{ gopiper.stdin{}, gopiper.stdout{} } end
