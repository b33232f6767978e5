-- Lines from the standard input to the standard output, through two Go plugins.
local gopiper = require("gopiper")

local components = {
  gopiper.loadComponent("build/stdin_component.so", {}),
  gopiper.loadComponent("build/stdout_component.so", {}),
}

gopiper.createPipeline(components)
