-- What describe.lua leaves out.

local private = ...

local next, rawget, type, hosted, only = private.next, private.rawget, private.type, private.values.hosted, private.only
local note, stages, stage = private.describe.note, private.describe.stages, private.describe.stage
local sketch = {}

local function composition(name)
  return function(branches)
    only("gopiper." .. name)
    if type(branches) == "table" then
      for key, fork in next, branches do
        if type(key) == "number" and type(fork) == "table" then
          if name == "switch" then
            note(rawget(fork, "when"))
          end
          stages(fork)
        end
      end
    end
    return stage
  end
end
sketch.branch, sketch.switch, sketch.merge = composition("branch"), composition("switch"), composition("merge")

function sketch.read_file(path)
  only("gopiper.read_file")
  return hosted.read_file(path)
end

function sketch.glob(pattern)
  only("gopiper.glob")
  return hosted.glob(pattern)
end

-- Time and random numbers stand still while the script describes: what to do instead
-- of the original.
sketch.still = {
  time = function(time, ...)
    if (...) == nil then
      return hosted.now()
    end
    return time(...)
  end,
  date = function(date, format, at, ...)
    if at == nil then
      at = hosted.now()
    end
    return date(format, at, ...)
  end,
  clock = function() return 0 end,
  random = function(_, ...) return hosted.random(...) end,
  randomseed = function(_, seed) return hosted.randomseed(seed) end,
}

return sketch
