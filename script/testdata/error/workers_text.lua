local gopiper = require "gopiper"
gopiper.file{ workers = "four" }
