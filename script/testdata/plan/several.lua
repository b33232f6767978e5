#!/usr/bin/env gopiper
local gopiper = require "gopiper"
for _, name in ipairs{ "a", "b" } do
  gopiper.createPipeline({ gopiper.stdin{}, gopiper.stdout{} }, { name = name })
end
gopiper.createPipeline{ gopiper.stdin{}, gopiper.stdout{} }
gopiper.createPipeline{ gopiper.stdin{}, gopiper.stdout{} }
