local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, 42, gopiper.stdout{} }
