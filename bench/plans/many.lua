-- A pipeline of ten thousand stages.
local gopiper = require("gopiper")

local stages = { gopiper.stdin{} }
for _ = 1, 9998 do
  table.insert(stages, gopiper.filter{ contains = "first" })
end
table.insert(stages, gopiper.stdout{})

gopiper.createPipeline(stages)
