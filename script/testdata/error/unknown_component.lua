local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdni{}, gopiper.stdout{} }
