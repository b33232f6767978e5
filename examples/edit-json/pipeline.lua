-- JSON events are edited: what no edit touches stays as it was, byte for byte.
--
--   $ build/gopiper run examples/edit-json/pipeline.lua < examples/edit-json/input.jsonl

local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.filter{ field = "level", one_of = { "warn", "error" } },
  gopiper.json{
    set = { env = "prod", ["http.seen"] = true, ["tags[0]"] = "first" },
    rename = { msg = "message", ["http.code"] = "status" },
    delete = { "password", "http.headers" },
  },
  gopiper.stdout{},
})
