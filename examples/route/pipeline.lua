-- Messages go different ways, and what fails goes to a branch of its own.
--
--   $ build/gopiper run examples/route/pipeline.lua < examples/route/orders.jsonl
--   $ cat build/examples/all-orders.jsonl build/examples/bad-orders.jsonl

local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},

  -- Every branch gets every message. The first ends in a file; the second is
  -- empty, so its messages flow on to the next stage.
  gopiper.branch{
    { gopiper.file{ path = "build/examples/all-orders.jsonl", append = false, name = "archive" } },
    {},
  },

  -- It checks that the message is JSON: what is not fails.
  gopiper.json{ rename = { qty = "quantity" } },

  -- The first case that takes a message gets it. What no case takes flows on.
  gopiper.switch{
    { when = function(msg) return msg.data:find('"country":"DE"', 1, true) end,
      gopiper.json{ set = { vat = 19 } } },
    { when = function(msg) return msg.data:find('"country":"FR"', 1, true) end,
      gopiper.json{ set = { vat = 20 } } },
  },
  gopiper.stdout{},
}, {
  failed = {
    function(msg)
      msg.data = msg.attributes.failed_stage .. ": " .. msg.attributes.failed_description .. ": " .. msg.data
    end,
    gopiper.file{ path = "build/examples/bad-orders.jsonl", append = false, name = "bad" },
  },
})
