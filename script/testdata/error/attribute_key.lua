local gopiper = require "gopiper"
gopiper.file{ paths = { [true] = 1 } }
