local gopiper = require "gopiper"
gopiper.createPipeline({ gopiper.stdin{}, gopiper.stdout{} }, { quarantine = { when_full = 5 } })
