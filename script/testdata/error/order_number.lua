local gopiper = require "gopiper"
gopiper.file{ order = 1 }
