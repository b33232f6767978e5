-- The same as files.lua with positions, so that the next run goes on behind this one.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.file{ paths = { gopiper.env("INPUT") }, resume = true },
  gopiper.file{ path = gopiper.env("OUTPUT") },
})
