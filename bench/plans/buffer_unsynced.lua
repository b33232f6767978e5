-- The same as buffer.lua, without waiting for the disk.
local gopiper = require("gopiper")

gopiper.createPipeline({ gopiper.stdin{}, gopiper.buffer{ name = "kept", sync = false }, gopiper.stdout{} })
