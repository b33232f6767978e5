local gopiper = require "gopiper"
local out = gopiper.stdout{}

gopiper.createPipeline{
  gopiper.merge{ { gopiper.stdin{}, function() end }, { gopiper.file{ path = "x" } }, name = "inputs" },
  gopiper.branch{
    { gopiper.filter{ contains = "a" }, gopiper.kafka{ topic = "a" } },
    {},
  },
  gopiper.switch{
    { when = function(msg) return msg.data == "b" end, gopiper.branch{ { out }, { out } } },
    { out },
  },
}
gopiper.createPipeline{ gopiper.stdin{}, out }
