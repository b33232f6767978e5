local gopiper = require "gopiper"
gopiper.switch{ { when = "data", gopiper.stdout{} } }
