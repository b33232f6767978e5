local gopiper = require "gopiper"
gopiper.file{ retry = { max_atempts = 5 } }
