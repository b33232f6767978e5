local gopiper = require "gopiper"
gopiper.file{ paths = { "a", x = 1 } }
