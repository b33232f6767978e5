local gopiper = require "gopiper"
gopiper.func{ function() end, limits = 5 }
