-- From files to a file: compressed ones are recognised, a pattern stands for
-- what it matches, and each message knows the file that it comes from.
--
--   $ build/gopiper run examples/files/pipeline.lua
--   $ cat build/examples/errors.log

local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.file{ paths = { "examples/files/app.log.*.gz", "examples/files/app.log" }, add_path = true },
  gopiper.filter{ contains = "ERROR" },
  function(msg)
    msg.data = msg.attributes.path:match("[^/]+$") .. ": " .. msg.data
  end,
  gopiper.file{ path = "build/examples/errors.log", append = false },
})
