local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, true, gopiper.stdout{} }
