local gopiper = require "gopiper"
gopiper.func{ function() end, limits = { instrctions = 5 } }
