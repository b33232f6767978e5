local gopiper = require "gopiper"
gopiper.file{ order_by = {} }
