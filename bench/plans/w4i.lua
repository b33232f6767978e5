-- Rewrites lines with a Lua function.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  function(msg)
    msg.data = string.upper((string.gsub(msg.data, "HTTP/1%.1", "HTTP/2.0")))
  end,
  gopiper.stdout{},
})
