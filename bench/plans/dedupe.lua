-- Drops lines that came before. Enough keys are remembered that none is forgotten.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.dedupe{ max_keys = 100000000, window = 0 },
  gopiper.stdout{},
})
