-- Drops events and sets two members, in two functions one after the other.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  function(msg)
    if msg.json.level == "debug" then return gopiper.DROP end
    msg.json.env = "prod"
  end,
  function(msg)
    msg.json.origin = msg.json.host
  end,
  gopiper.stdout{},
})
