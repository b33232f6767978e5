-- Keeps the lines of requests that ended with the status 503.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.filter{ contains = '" 503 ' },
  gopiper.stdout{},
})
