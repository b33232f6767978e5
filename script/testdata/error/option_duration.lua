local gopiper = require "gopiper"
gopiper.createPipeline({ gopiper.stdin{}, gopiper.stdout{} }, { drain_timeout = "soon" })
