-- Lines go from the standard input to the standard output, through two
-- components that are loaded as Go plugins. `make` builds them.
--
--   $ build/gopiper run examples/hello/pipeline.lua < examples/hello/input.txt

local gopiper = require("gopiper")

local components = {
  gopiper.loadComponent("build/stdin_component.so", {}),
  gopiper.loadComponent("build/stdout_component.so", {}),
}

gopiper.createPipeline(components)
