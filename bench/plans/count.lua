-- w1.lua with a stage in between that counts its messages and prints the count.
local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.loadComponent("build/stdin_component.so", {}),
  gopiper.loadComponent("build/bench/count_handle.so", {}),
  gopiper.loadComponent("build/stdout_component.so", {}),
})
