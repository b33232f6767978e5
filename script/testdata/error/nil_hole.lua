local gopiper = require "gopiper"
local filter
gopiper.createPipeline{
  gopiper.stdin{},
  filter,
  gopiper.stdout{},
}
