-- Of an access log, the failures that people saw: found, edited and counted. The
-- demonstration, `make demo`, runs it with a million messages.
--
--   $ MESSAGES=1000 OUTPUT=build/examples/access.jsonl build/gopiper run examples/demo/generate.lua
--   $ build/gopiper run examples/demo/pipeline.lua < build/examples/access.jsonl | tail -n 3

local gopiper = require("gopiper")

local failures = {}

local function count(msg)                                     -- a Lua function is a component
  local host = msg.data:match('"host":"([^"]+)"')
  failures[host] = (failures[host] or 0) + 1
  msg.data = string.format("%s failure %d: %s", host, failures[host], msg.data)
end

gopiper.createPipeline({
  gopiper.loadComponent("build/stdin_component.so", {}),      -- a Go plugin
  gopiper.filter{ field = "status", at_least = 500 },
  gopiper.reject{ field = "agent", contains = "kube-probe" },
  gopiper.json{
    set = { env = "prod" },
    rename = { ms = "duration_ms" },
    delete = { "debug", "client" },
    workers = 2,                                              -- in parallel, and still in order
  },
  count,
  gopiper.loadComponent("build/stdout_component.so", {}),     -- another Go plugin
}, { name = "failures" })
