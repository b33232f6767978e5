local gopiper = require "gopiper"
gopiper.branch{}
