-- A buffer whose reader does not keep up. A write to a full pipe may take as long
-- as it likes.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.buffer{ name = "kept", max_size = "1TiB" },
  gopiper.stdout{ timeout = "24h" },
})
