local gopiper = require "gopiper"
local t = {}
t.t = t
gopiper.file{ a = t }
