local gopiper = require "gopiper"
gopiper.createPipeline{ "stdin", gopiper.stdout{} }
