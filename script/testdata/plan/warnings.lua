local gopiper = require "gopiper"
local count, seen, fixed = 0, {}, {}
total = 0

local function counting(msg)
  local own = { n = 0 }
  own.n = own.n + #fixed
  count = count + 1
  local function inner()
    local mine = 0
    local function innermost() mine = mine + 1; seen[msg.data] = mine end
    innermost()
    total = total + 1
  end
  inner()
end

gopiper.createPipeline{
  gopiper.stdin{},
  counting,
  gopiper.func{ counting, workers = 2 },
  gopiper.func{ counting, workers = 2, order = "key" }, -- no warning: a key is with one worker
  gopiper.func{ function(msg) local x = 1; local f = function() x = 2 end; f() end, workers = 2 },
  gopiper.stdout{},
}
