-- Objects: parts of msg.json, copies of messages, counters and gauges.

local private = ...

local host = private.host

-- Objects. Those of one number are one as long as their generation lasts, so
-- that they are equal if they are the same, as userdata is.
private.ffi.cdef[[typedef struct { uint32_t kind, number; double generation; } gopiper_object;]]

local COUNTER, COPY, BATCHED, ATTRIBUTES = 3, 5, 7, 8 -- of a copy; those of others follow
local kinds = { "JSON object", "JSON array", "counter", "gauge", "message", "message", "message",
  "message's attributes", "message's attributes", "message's attributes" }
local objects = { {}, {}, {}, {}, {}, {}, {}, {}, {}, {} } -- by kind and number
local methods = { counter = {}, gauge = {} }

local meta, of = {}

local function keep(message)
  local kept = host.keep(message)
  return kept
end

function meta.__index(object, key)
  local kind = object.kind
  if kind >= COPY then
    if kind >= ATTRIBUTES then
      return host.get(object, key)
    elseif key == "attributes" then
      return of(kind + ATTRIBUTES - COPY, object.number, object.generation)
    elseif key == "copy" then
      return host.copy
    elseif key == "emit" then
      return host.emit
    elseif key == "keep" then
      return keep
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

local objectType = private.ffi.metatype("gopiper_object", meta)

-- of returns the object of a kind and number.
function of(kind, number, generation)
  local list = objects[kind]
  local known = list[number]
  if known and known.generation == generation then
    return known
  end
  known = objectType(kind, number, generation)
  list[number] = known
  return known
end

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

return {
  of = of, pairs = pairsOf, methods = methods,
  -- batched is message i of a batch.
  batched = function(i, generation) return of(BATCHED, i, generation) end,
  -- nameOf is what getmetatable says of an object.
  nameOf = function(object) return kinds[object.kind] end,
}
