local gopiper = require "gopiper"
gopiper.file{ timeout = "1 minute" }
