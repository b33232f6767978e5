-- The same as w4ii.lua with two workers, which keep the order of the messages.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.func{ function(msg)
    if msg.json.level == "debug" then return gopiper.DROP end
    msg.json.env = "prod"
  end, workers = 2 },
  gopiper.stdout{},
})
