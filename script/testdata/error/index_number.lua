local gopiper = require "gopiper"
gopiper[1]{}
