local gopiper = require "gopiper"
gopiper.switch{ { wen = function() end, gopiper.stdout{} } }
