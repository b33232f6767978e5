-- What several scripts share lies in modules beside them: require "shop.mask" is
-- the file shop/mask.lua.
--
--   $ build/gopiper run examples/modules/pipeline.lua < examples/modules/input.txt

local gopiper = require("gopiper")
local mask = require("shop.mask")
local house = require("shop.house")

gopiper.createPipeline(house.pipeline{
  mask.cards,
  mask.emails,
})
