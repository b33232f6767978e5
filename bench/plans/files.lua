-- Copies the lines of the file INPUT to the file OUTPUT.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.file{ paths = { gopiper.env("INPUT") } },
  gopiper.file{ path = gopiper.env("OUTPUT") },
})
