local gopiper = require "gopiper"
gopiper.createPipeline{
  gopiper.stdin{},
  function(msg)
    return 1
