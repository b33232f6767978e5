-- The same as w1.lua with the built-in components.
local gopiper = require("gopiper")

gopiper.createPipeline({ gopiper.stdin{}, gopiper.stdout{} })
