-- What every pipeline of this house has: where messages come from, where they
-- go, and how much of them is let through.
local gopiper = require("gopiper")

local house = {}

function house.pipeline(stages)
  local all = { gopiper.stdin{}, gopiper.reject{ matches = "^$" } }
  for _, stage in ipairs(stages) do
    table.insert(all, stage)
  end
  table.insert(all, gopiper.stdout{})
  return all
end

return house
