local gopiper = require "gopiper"
gopiper.file{ retry = { on = { [120] = { on = {} } } } }
