-- Drops events and sets two members, in one function.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  function(msg)
    if msg.json.level == "debug" then return gopiper.DROP end
    msg.json.env = "prod"
    msg.json.origin = msg.json.host
  end,
  gopiper.stdout{},
})
