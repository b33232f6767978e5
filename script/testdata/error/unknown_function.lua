local gopiper = require "gopiper"
gopiper.createPipelin{ gopiper.stdin{}, gopiper.stdout{} }
