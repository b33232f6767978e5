local gopiper = require "gopiper"
local x = gopiper.stdin{}
