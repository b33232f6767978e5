local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, { contains = "x" }, gopiper.stdout{} }
