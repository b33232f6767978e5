local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, print, gopiper.stdout{} }
