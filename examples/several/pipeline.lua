-- A script may describe several pipelines: all start or none, and the process
-- ends when all have ended. A loop describes three of them here.
--
--   $ build/gopiper run examples/several/pipeline.lua
--   $ cat build/examples/eu.txt build/examples/us.txt build/examples/asia.txt

local gopiper = require("gopiper")

local greetings = { eu = "hallo|bonjour|hola", us = "hello|howdy", asia = "nihao|konnichiwa" }

for region, words in pairs(greetings) do
  gopiper.createPipeline({
    gopiper.generate{ count = 3, seed = 5, template = region .. " {{seq}}: {{pick " .. words .. "}}" },
    gopiper.file{ path = "build/examples/" .. region .. ".txt", append = false },
  }, { name = region })
end
