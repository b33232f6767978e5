local gopiper = require "gopiper"
gopiper.branch{ { when = function() end, gopiper.stdout{} } }
