-- A stage with as many workers as WORKERS says: each has a Lua state of its own, if the
-- stage is a function.
local gopiper = require("gopiper")

local workers = tonumber(gopiper.env("WORKERS"))
local stages = {
  lua = gopiper.func{ function(msg) msg.attributes.upper = msg.data:upper() end, workers = workers },
  none = gopiper.filter{ contains = "first", workers = workers },
}

gopiper.createPipeline({ gopiper.stdin{}, stages[gopiper.env("STAGE")], gopiper.stdout{} })
