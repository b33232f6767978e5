local gopiper = require "gopiper"
gopiper.glob("[")
