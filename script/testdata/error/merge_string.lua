local gopiper = require "gopiper"
gopiper.merge("stdin")
