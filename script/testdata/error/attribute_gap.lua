local gopiper = require "gopiper"
gopiper.file{ paths = { "a", nil, "c" } }
