-- Handles COUNT messages with a function, and lets a hundred of them through.
local gopiper = require("gopiper")

local count = tonumber(gopiper.env("COUNT"))
local every = count / 100

gopiper.createPipeline({
  gopiper.generate{ count = count, template = [[{"seq":{{seq}},"level":"info","msg":"order accepted"}]] },
  function(msg)
    local seq = msg.json.seq
    msg.attributes.level = msg.json.level
    msg.json.msg = msg.json.msg:upper()
    if seq % every ~= 0 then return gopiper.DROP end
    msg.data = tostring(seq)
  end,
  gopiper.stdout{},
})
