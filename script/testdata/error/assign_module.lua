local gopiper = require "gopiper"
gopiper.mine = 1
