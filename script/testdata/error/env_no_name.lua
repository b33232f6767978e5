local gopiper = require "gopiper"
gopiper.env()
