-- The same as w3.lua with two workers, which keep the order of the messages.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.json{ set = { env = "prod" }, delete = { "tmp" }, rename = { msg = "message" }, workers = 2 },
  gopiper.stdout{},
})
