local gopiper = require "gopiper"
gopiper.branch{ { gopiper.stdout{} }, nam = "x" }
