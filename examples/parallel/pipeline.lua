-- Several workers handle messages at a time, and the order is kept: all of it,
-- or that of each key.
--
--   $ build/gopiper run examples/parallel/pipeline.lua | sort -s -k 1,1

local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.generate{ count = 12, seed = 7, template = '{"seq":{{seq}},"user":"{{pick ann|bob|eve}}"}' },

  -- Four workers. Messages leave the stage in the order in which they came,
  -- which is the default.
  gopiper.json{ set = { checked = true }, workers = 4 },

  -- Each user's messages are handled by one worker, in their order. Every
  -- worker has its own Lua variables, so the count of a user is in one place.
  gopiper.func{
    (function()
      local seen = {}
      return function(msg)
        local user = msg.data:match('"user":"(%w+)"')
        seen[user] = (seen[user] or 0) + 1
        msg.data = user .. " " .. seen[user] .. " " .. msg.data
      end
    end)(),
    name = "count",
    workers = 4,
    order = "key",
    order_by = function(msg) return msg.data:match('"user":"(%w+)"') end,
  },
  gopiper.stdout{},
})
