-- An access log of a million requests, as JSON. It is always the same.

local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.generate{
    count = tonumber(gopiper.env("MESSAGES", "1000000")),
    seed = 1,
    template = '{"host":"web-{{random 64}}","client":"10.{{random 256}}.{{random 256}}.{{random 256}}",'
      .. '"method":"{{pick GET|GET|GET|POST|PUT}}","path":"{{pick /products/|/cart/|/search?q=|/img/}}{{random 10000}}",'
      .. '"status":{{pick 200|200|200|200|200|200|204|301|404|500|503}},"bytes":{{random 100000}},"ms":{{random 900}},'
      .. '"agent":"{{pick curl/8.5.0|Mozilla/5.0 (X11; Linux x86_64)|kube-probe/1.29}}","debug":null}',
  },
  gopiper.file{ path = gopiper.env("OUTPUT", "build/demo/access.jsonl"), append = false },
}, { name = "generate" })
