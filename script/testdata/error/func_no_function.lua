local gopiper = require "gopiper"
gopiper.func{ workers = 2 }
