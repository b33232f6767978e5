-- What scripts hold of Go's: parts of msg.json, copies of messages, numbers that
-- a Lua number cannot hold, and JSON's null.

local private = ...

local ffi, bound = private.ffi, private.bound
local error, getmetatable, newproxy, next, select, setmetatable = error, getmetatable, newproxy, next, select, setmetatable
local tonumber, tostring, type = tonumber, tostring, type

-- The functions of the host, in the order of Host in host.go.
local host = {}
private.host = host
local names = "json assign forget data get set length text walk step next element insert remove elements " ..
  "copy emit snapshot sync calculate compare keep release emitFrom"
-- What calls them in its own name has errors be where it was called.
local levels = { json = 3, forget = 3, walk = 3, elements = 3, sync = 5, text = 3, keep = 3, emitFrom = 3 }
local number = 0
for name in names:gmatch("%S+") do
  number = number + 1
  host[name] = bound(number, levels[name])
end

-- Objects. Those of one number are one as long as their generation lasts, so
-- that they are equal if they are the same, as userdata is.
ffi.cdef[[typedef struct { uint32_t kind, number; double generation; } gopiper_object;]]

local COUNTER, COPY, BATCHED, ATTRIBUTES = 3, 5, 7, 8 -- of a copy; those of others follow
local kinds = { "JSON object", "JSON array", "counter", "gauge", "message", "message", "message",
  "message's attributes", "message's attributes", "message's attributes" }
local objects = { {}, {}, {}, {}, {}, {}, {}, {}, {}, {} } -- by kind and number
local methods = { counter = {}, gauge = {} }
private.methods = methods
local attributes = {}

local meta = {}

function meta.__index(object, key)
  local kind = object.kind
  if kind >= COPY then
    if kind >= ATTRIBUTES then
      return host.get(object, key)
    elseif key == "attributes" then
      return attributes.of(object)
    elseif key == "copy" then
      return host.copy
    elseif key == "emit" then
      return host.emit
    elseif key == "keep" then
      return attributes.keep
    elseif key == "release" then
      return host.release
    end
  elseif kind >= COUNTER then
    return methods[kinds[kind]][key]
  end
  return host.get(object, key)
end

meta.__newindex = host.set
meta.__len = host.length
function meta.__tostring(object)
  local kind = object.kind
  return kind >= COUNTER and kind < COPY and kinds[kind] or host.text(object)
end

local objectType = ffi.metatype("gopiper_object", meta)
private.objectType = objectType

-- object returns the object of a kind and number.
function private.object(kind, of, generation)
  local list = objects[kind]
  local known = list[of]
  if known and known.generation == generation then
    return known
  end
  known = objectType(kind, of, generation)
  list[of] = known
  return known
end

function attributes.of(message)
  return private.object(message.kind + ATTRIBUTES - COPY, message.number, message.generation)
end

function attributes.keep(message)
  local kept = host.keep(message)
  return kept
end

-- batched is message i of a batch.
function private.batched(i, generation) return private.object(BATCHED, i, generation) end

function private.sync() end -- until there is a message at hand

-- Exact numbers are userdata; what they are is their text.
local texts = setmetatable({}, { __mode = "k" })
local exact = newproxy(true)
local exactMeta = getmetatable(exact)
exactMeta.__metatable = "exact number"

function private.exact(text)
  local value = newproxy(exact)
  texts[value] = text
  return value
end

local null = newproxy(true)
private.null = null
local nullMeta = getmetatable(null)
nullMeta.__metatable = "JSON null"
function nullMeta.__tostring() return "null" end

-- told tells what a userdata is: "null", or the text of an exact number.
function private.told(value)
  return value == null, texts[value]
end

function exactMeta.__tostring(value) return texts[value] end

function exactMeta.__concat(left, right)
  local one, other = private.textOf(left), private.textOf(right)
  if not one or not other then
    error("cannot join " .. private.describe(left) .. " and " .. private.describe(right) ..
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

-- kindOf is type for scripts: they know no cdata.
function private.kindOf(...)
  local kind = type(...)
  return kind == "cdata" and "userdata" or kind
end

-- nameOf is what getmetatable says of an object.
function private.nameOf(object) return kinds[object.kind] end

-- Tables may be marked as what they are in JSON.
local arrayMark, objectMark = { __metatable = "array" }, { __metatable = "object" }
private.arrayMark, private.objectMark = arrayMark, objectMark

local rawmeta, setrawmeta = private.rawmeta, private.setrawmeta
local function marker(name, mark)
  return function(value)
    if type(value) ~= "table" then
      error("gopiper." .. name .. " takes a table: gopiper." .. name .. "{ … }, not " .. private.describe(value), 2)
    end
    local has = rawmeta(value)
    if has ~= nil and has ~= arrayMark and has ~= objectMark then
      error("gopiper." .. name .. " takes a table without a metatable", 2)
    end
    setrawmeta(value, mark)
    return value
  end
end
private.array, private.objectTable = marker("array", arrayMark), marker("object", objectMark)

-- The functions of the library that take tables take objects.
local G, table = _G, table
local iterators = setmetatable({}, { __mode = "k" })
private.iterators = iterators -- of userdata

local function pairsOf(value)
  if value.kind >= ATTRIBUTES then
    local list, at = host.elements(value), -1
    return function()
      at = at + 2
      return list[at], list[at + 1]
    end
  end
  local walk, step = host.walk(value), host.step
  return function() return step(value, walk) end, value, nil
end

local function expected(name, value)
  error("bad argument #1 to '" .. name .. "' (table expected, got " .. (value == nil and "nil" or private.kindOf(value)) .. ")", 3)
end

function G.pairs(...)
  local value = ...
  local kind = type(value)
  if kind == "table" then
    return next, value, nil
  elseif kind == "cdata" then
    return pairsOf(value)
  elseif kind == "userdata" and iterators[value] then
    return iterators[value]()
  elseif select("#", ...) == 0 then
    error("bad argument #1 to 'pairs' (table expected, got no value)", 2)
  end
  expected("pairs", value)
end

local ipairs, insert, remove = ipairs, table.insert, table.remove

function G.ipairs(...)
  local value = ...
  if type(value) == "cdata" then
    return host.element, value, 0
  end
  return ipairs(...)
end

function G.next(...)
  local value, key = ...
  if type(value) == "cdata" then
    return host.next(value, key)
  end
  return next(...)
end

function table.insert(...)
  if type((...)) == "cdata" then
    return host.insert(...)
  end
  return insert(...)
end

function table.remove(...)
  if type((...)) == "cdata" then
    return host.remove(...)
  end
  return remove(...)
end

for name, where in next, { unpack = G, concat = table, getn = table, maxn = table } do
  local original = where[name]
  where[name] = function(value, ...)
    if type(value) == "cdata" then
      value = host.elements(value)
    end
    return original(value, ...)
  end
end

G.type = private.kindOf

function G.getmetatable(...)
  local value = ...
  if type(value) == "cdata" then
    return kinds[value.kind]
  end
  return getmetatable(...)
end

local plainNumber = tonumber
function private.numberOf(value)
  if type(value) == "userdata" and texts[value] then
    return plainNumber(texts[value])
  end
  return nil -- and not nothing
end
