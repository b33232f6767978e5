local gopiper = require "gopiper"
gopiper.file{ retry = 5 }
