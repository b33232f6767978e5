local gopiper = require "gopiper"
return gopiper.env("UNSET_VARIABLE")
