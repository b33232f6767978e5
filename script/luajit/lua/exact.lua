-- What JSON has and Lua has not: numbers that a Lua number cannot hold, and null.

local private = ...

local host, words = private.host, private.wording
local error, getmetatable, newproxy, next, setmetatable = private.error, private.getmetatable, private.newproxy, private.next, private.setmetatable

-- Exact numbers are userdata; what they are is their text.
local texts = setmetatable({}, { __mode = "k" })
local exact = newproxy(true)
local exactMeta = getmetatable(exact)
exactMeta.__metatable = "exact number"

local null = newproxy(true)
local nullMeta = getmetatable(null)
nullMeta.__metatable = "JSON null"
function nullMeta.__tostring() return "null" end

function exactMeta.__tostring(value) return texts[value] end

function exactMeta.__concat(left, right)
  local one, other = words.textOf(left), words.textOf(right)
  if not one or not other then
    error("cannot join " .. words.describe(left) .. " and " .. words.describe(right) ..
      " with ..; use tostring(…) for what may be no string", 2)
  end
  return one .. other
end

for event, operator in next, { __add = "+", __sub = "-", __mul = "*", __div = "/", __mod = "%", __pow = "^" } do
  exactMeta[event] = function(left, right) return host.calculate(operator, left, right) end
end
function exactMeta.__unm(value) return host.calculate("-", 0, value) end
for event, operator in next, { __eq = "=", __lt = "<", __le = "(" } do
  exactMeta[event] = function(left, right) return host.compare(operator, left, right) end
end

return {
  null = null,
  of = function(text)
    local value = newproxy(exact)
    texts[value] = text
    return value
  end,
  -- textOf returns the text of an exact number, and nil for all else.
  textOf = function(value) return texts[value] end,
}
