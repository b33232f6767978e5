local gopiper = require "gopiper"
gopiper.file{ workers = 1.5 }
