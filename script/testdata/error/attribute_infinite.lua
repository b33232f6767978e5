local gopiper = require "gopiper"
gopiper.file{ a = 1 / 0 }
