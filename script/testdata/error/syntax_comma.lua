local gopiper = require "gopiper"
gopiper.createPipeline{
  gopiper.stdin{}
  gopiper.stdout{},
}
