local gopiper = require "gopiper"
enrich = gopiper.filter{}
gopiper.createPipeline{ gopiper.stdin{}, enrihc, gopiper.stdout{} }
