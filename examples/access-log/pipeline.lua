-- Of an access log, what failed on the server, as JSON.
--
--   $ build/gopiper run examples/access-log/pipeline.lua < examples/access-log/input.log

local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.filter{ matches = [[" 5\d\d ]] },        -- the status stands behind the request
  gopiper.reject{ contains = "kube-probe/" },

  function(msg)
    local client, method, path, status = msg.data:match('^(%S+) .- "(%u+) (%S+) HTTP/[%d.]+" (%d+) ')
    if not client then
      return gopiper.FAIL, "no line of an access log"
    end
    path = path:gsub('["\\]', "\\%0")
    msg.data = string.format('{"client":"%s","method":"%s","path":"%s","status":%d}', client, method, path, status)
  end,

  gopiper.json{ set = { service = "shop" } },
  gopiper.stdout{},
})
