local gopiper = require "gopiper"
local a
gopiper.switch{ a, { gopiper.stdout{} } }
