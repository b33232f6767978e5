local gopiper = require "gopiper"
gopiper.createPipeline({ gopiper.stdin{}, gopiper.stdout{} }, { quarantine = { max_sise = 5 } })
