-- A pipeline with a component of one's own; see main.go.

local gopiper = require("gopiper")

gopiper.createPipeline({
  gopiper.stdin{},
  gopiper.loadComponent("build/examples/redact.so", { digits = 3 }),
  gopiper.stdout{},
})
