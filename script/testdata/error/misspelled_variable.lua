local gopiper = require "gopiper"
local enrich = gopiper.filter{}
gopiper.createPipeline{ gopiper.stdin{}, gopiper.stdout{}, enrihc }
