local gopiper = require "gopiper"
local stages = {
  gopiper.stdin{},
  gopiper.stdout{ workers =
    "many" },
}
