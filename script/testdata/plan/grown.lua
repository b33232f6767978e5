local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.file{ paths = { "/var/log/nginx/*.log" } },      -- short for loadComponent("file", {...})
  gopiper.parse{ format = "combined" },
  function(msg)                                             -- a Lua function is a component
    if msg.json.status < 500 then return gopiper.DROP end
    msg.json.host = gopiper.env("HOSTNAME")
  end,
  gopiper.loadComponent("enrich.so", { workers = 4, order = "key", order_by = "client" }),
  gopiper.switch{
    { when = function(msg) return msg.json.path == "/pay" end, gopiper.kafka{ topic = "pay-errors" } },
    { gopiper.http{ url = "https://alerts.example/ingest", retry = { max_attempts = 8 } } },
  },
}, { name = "errors" })
