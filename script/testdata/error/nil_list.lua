local gopiper = require "gopiper"
local components
gopiper.createPipeline(components)
