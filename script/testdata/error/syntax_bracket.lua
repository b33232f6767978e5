local gopiper = require "gopiper"
gopiper.createPipeline{
  gopiper.stdin{},
  gopiper.file{ path = "x" ),
}
