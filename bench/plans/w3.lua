-- Edits JSON events: adds env, deletes tmp, renames msg to message.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.json{ set = { env = "prod" }, delete = { "tmp" }, rename = { msg = "message" } },
  gopiper.stdout{},
})
