local gopiper = require "gopiper"
local M = {}
function M.sink(topic)
  return gopiper.kafka{ topic = topic }
end
function M.mark(msg)
  msg.attributes.seen = "yes"
end
return M
