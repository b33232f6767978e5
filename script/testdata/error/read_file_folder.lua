local gopiper = require "gopiper"
gopiper.read_file("logs")
