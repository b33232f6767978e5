local gopiper = require "gopiper"
gopiper.file{ order_bi = function() end }
