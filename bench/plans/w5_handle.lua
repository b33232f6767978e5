-- w1.lua with ten empty stages in between: one call a message each.
local gopiper = require("gopiper")

local components = { gopiper.loadComponent("build/stdin_component.so", {}) }
for _ = 1, 10 do
  table.insert(components, gopiper.loadComponent("build/bench/empty_handle.so", {}))
end
table.insert(components, gopiper.loadComponent("build/stdout_component.so", {}))

gopiper.createPipeline(components)
