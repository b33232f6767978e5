local gopiper = require "gopiper"
gopiper.func{ function() end, limits = { memory = "1kB" } }
