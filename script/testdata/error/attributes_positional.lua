local gopiper = require "gopiper"
gopiper.file{ "a.log" }
