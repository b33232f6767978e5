-- Nothing is lost: orders are read from where the last run ended, kept on disk until
-- they are delivered, let through once, and kept in quarantine when they are bad.
--
--   $ rm -rf build/examples/state build/examples/orders.jsonl
--   $ build/gopiper run --state build/examples/state examples/durable/pipeline.lua 2> build/examples/errors || true
--   $ cat build/examples/orders.jsonl
--   $ build/gopiper quarantine show --state build/examples/state 1 | grep -E 'stage|description|attempts'
--   $ build/gopiper run --state build/examples/state examples/durable/pipeline.lua
--   $ cat build/examples/orders.jsonl | wc -l
local gopiper = require("gopiper")

gopiper.createPipeline({
  -- Goes on behind what was settled: a second run reads nothing twice.
  gopiper.file{ paths = { "examples/durable/orders.jsonl" }, resume = true },

  -- What enters is on the disk before the source goes on; what leaves is deleted
  -- once it is delivered. kill -9 the process, pull the plug: it is there.
  gopiper.buffer{ name = "orders" },

  -- The first of each number only, also over restarts.
  gopiper.dedupe{ field = "order", window = "24h" },

  function(msg)
    if not msg.data:find('"quantity":%d') then
      return gopiper.FAIL, "an order without a quantity"
    end
  end,

  -- An order counts as delivered once the disk has it.
  gopiper.file{ path = "build/examples/orders.jsonl", name = "shop" },
}, { name = "orders" })
