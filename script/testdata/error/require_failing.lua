local function load()
  local x = require "failing"
  return x
end
load()
