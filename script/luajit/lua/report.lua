-- What becomes of a message is written down here, unless that is nothing but a status
-- or the data: see result.go.

local private = ...

local head, room, cast, copy = private.head, private.room, private.ffi.cast, private.ffi.copy
local words = private.words

-- put appends bytes to the output and returns where they begin.
local function put(value)
  local n = #value
  local at = room(n)
  copy(head.output + at, value, n)
  return at
end

local function putWord(value)
  local at = room(4)
  cast(words, head.output + at)[0] = value
end

-- putAttribute appends the sizes of a name and a value, and both. A value that
-- is false was deleted.
local function putAttribute(name, value)
  putWord(#name)
  putWord(value and #value or 2 ^ 32 - 1)
  put(name)
  if value then
    put(value)
  end
end

local function result(at) return cast(words, head.output + at * 64) end

local function setOutcome(at, outcome, status)
  head.output[at * 64] = outcome
  result(at)[1] = status % 2 ^ 32
end

-- setText writes down an outcome, a status and a text.
local function setText(at, outcome, status, description)
  local from = put(description)
  setOutcome(at, outcome, status)
  local r = result(at)
  r[2], r[3] = from, #description
end

-- change writes down what was changed beside the data.
local function change(at, bits, key, timestamp, assigned, order)
  if assigned then
    local from = head.used
    for i = 1, #order do
      putAttribute(order[i], assigned[order[i]])
    end
    local r = result(at)
    r[10], r[11] = from, #order
  end
  if bits % 4 >= 2 then
    local from = put(key)
    local r = result(at)
    r[8], r[9] = from, #key
  end
  if bits % 8 >= 4 then
    cast(private.doubles, head.output)[at * 8 + 7] = timestamp
  end
end

-- raised writes down an error.
local function raised(at, what, trace)
  local from, stack = put(what), put(trace)
  setOutcome(at, 3, 0)
  local r = result(at)
  r[2], r[3], r[4], r[5] = from, #what, stack, #trace
end

return {
  put = put, putWord = putWord, putAttribute = putAttribute, result = result, setOutcome = setOutcome,
  setText = setText, change = change, raised = raised,
}
