local gopiper = require "gopiper"
gopiper.file{ workers = 0 }
