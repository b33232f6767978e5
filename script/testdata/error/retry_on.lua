local gopiper = require "gopiper"
gopiper.file{ retry = { on = { busy = {} } } }
