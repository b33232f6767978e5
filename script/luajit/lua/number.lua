-- What LuaJIT takes for numbers otherwise than Lua: see library.lua.

local private = ...

local error, find, select, sub, tonumber, type = private.error, private.find, private.select, private.sub, private.tonumber, private.type
local floor, random = private.floor, private.random
local textOf = private.wording.textOf

-- numberIn is the number in a string that LuaJIT takes for none: Lua ends it at a
-- zero byte.
local function numberIn(value)
  local zero = find(value, "%z")
  if zero then
    return private.G.tonumber(sub(value, 1, zero - 1))
  end
  return nil
end

-- wrapped is a number that was read in a base: Lua reads one without a sign, of 64
-- bits, so that those below 0 come from the other end.
local function wrapped(n, base)
  if not n or n > 0 or tonumber(base) == 10 then
    return n
  end
  return n == 0 and 0 or 2 ^ 64 + (n > -2 ^ 64 and n or 0)
end

return {
  within = numberIn,
  -- inBase is tonumber with a base.
  inBase = function(value, base, ...)
    if type(value) == "userdata" then
      return wrapped(tonumber(textOf(value) or value, base), base)
    end
    return wrapped(tonumber(value, base, ...), base)
  end,
  -- of is the number nearest to an exact one, nil for all else.
  of = function(value)
    local text = textOf(value)
    return text and tonumber(text)
  end,
  -- random is math.random with arguments.
  random = function(...)
    local count = select("#", ...)
    if count > 2 then
      error("wrong number of arguments", 2)
    end
    local low, high = 1, (...)
    if count > 1 then
      low, high = ...
    end
    local from, to = tonumber(low), tonumber(high)
    if from and to and not (floor(from) <= floor(to)) then
      error("bad argument #" .. (count > 1 and 2 or 1) .. " to 'random' (interval is empty)", 2)
    end
    return random(...)
  end,
}
