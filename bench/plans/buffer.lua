-- Lines through a buffer, in which they are settled once the disk has them.
local gopiper = require("gopiper")

gopiper.createPipeline({ gopiper.stdin{}, gopiper.buffer{ name = "kept" }, gopiper.stdout{} })
