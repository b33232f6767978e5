-- Drops events and sets a member with a Lua function.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  function(msg)
    if msg.json.level == "debug" then return gopiper.DROP end
    msg.json.env = "prod"
  end,
  gopiper.stdout{},
})
