-- Keeps the lines of requests that ended with a status of 500 to 599.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.filter{ matches = '" 5[0-9][0-9] ' },
  gopiper.stdout{},
})
