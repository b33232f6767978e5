local gopiper = require "gopiper"
gopiper.file{ name = "" }
