-- Objects: parts of msg.json, copies of messages, counters and gauges.

local private = ...

local host = private.host

-- Objects. Those of one number are one as long as their generation lasts, so
-- that they are equal if they are the same, as userdata is.
private.ffi.cdef[[typedef struct { uint32_t kind, number; double generation; } gopiper_object;]]

local COPY, ATTRIBUTES, COUNTER = 3, 4, 5
local kinds = { "JSON object", "JSON array", "message", "message's attributes", "counter", "gauge" }
local objects = { {}, {}, {}, {}, {}, {} } -- by kind and number
local methods = { counter = {}, gauge = {} }

local meta, of = {}

function meta.__index(object, key)
  local kind = object.kind
  if kind == COPY then
    if key == "attributes" then
      return of(ATTRIBUTES, object.number, object.generation)
    elseif key == "copy" then
      return host.copy
    elseif key == "emit" then
      return host.emit
    end
  elseif kind >= COUNTER then
    return methods[kinds[kind]][key]
  end
  return host.get(object, key)
end

meta.__newindex = host.set
meta.__len = host.length
function meta.__tostring(object)
  return object.kind >= COUNTER and kinds[object.kind] or host.text(object)
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
  if value.kind == ATTRIBUTES then
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
  -- nameOf is what getmetatable says of an object.
  nameOf = function(object) return kinds[object.kind] end,
}
