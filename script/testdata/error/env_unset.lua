local gopiper = require "gopiper"
local x = gopiper.env("UNSET_HOST")
