local gopiper = require "gopiper"
local function key_of(msg) return msg.key end

gopiper.createPipeline({
  gopiper.file{
    paths = { "a", "b" }, nested = { a = { 1, 2.5, true }, b = {} }, flag = false, text = "tab\tquote\"",
    name = "input", workers = 2, order = "none", timeout = "1m30s",
    retry = { max_attempts = 3, initial = "100ms", max = 2, on = { [120] = { max_attempts = 1 }, [130] = {} } },
  },
  gopiper.func{
    function(msg) return gopiper.DROP end,
    name = "dropper", workers = 4, order = "key", order_by = function(msg) return msg.data:sub(1, 1) end,
  },
  key_of,
  gopiper.loadComponent("plugin.wasm"),
  gopiper["local.so"](),
  gopiper.stdout(),
}, {
  name = "all", max_messages = 500, max_bytes = "1MiB", drain_timeout = 2.5,
  failed = { function(msg) msg.data = "failed" end, gopiper.file{ path = "failed.txt" } },
})
