-- What becomes of a message is written down here, unless that is nothing but a status
-- or the data: see result.go.

local private = ...

local head, room, cast, copy = private.head, private.room, private.ffi.cast, private.ffi.copy
local words, resultsOf, type, wording = private.words, private.records.results, private.type, private.wording
local DONE, STATUS, ERROR, MISRETURN = 0, 1, 3, 4

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

local function result(at) return cast(resultsOf, head.output)[at] end

-- setText writes down an outcome, a status and a text.
local function setText(at, outcome, status, description)
  local from = put(description)
  local r = result(at)
  r.outcome, r.status, r.text, r.text_size = outcome, status, from, #description
end

-- misreturned writes down what a function has returned that it may not.
local function misreturned(at, f, what)
  local info = private.getinfo(f, "S")
  local where = private.sub(info.source, 2)
  if info.linedefined > 0 then
    where = where .. ":" .. info.linedefined
  end
  return setText(at, MISRETURN, 0, where .. ": the function returned " .. what)
end

-- status writes down a status and perhaps a description; a function of a table may keep
-- a message.
local function status(at, f, keeps, kept, count, value, description, third)
  if value % 1 ~= 0 or value > 1e9 or value < -1e9 then
    return misreturned(at, f, "the status " .. private.tostring(value) .. "; a status is a whole number")
  elseif value == 1 and keeps then
    if not kept then
      return misreturned(at, f, "gopiper.CONTINUE for a message that it does not keep; msg:keep() keeps it")
    end
  elseif value == 1 then
    return misreturned(at, f, "gopiper.CONTINUE; a function cannot keep a message, because nobody would send it on; " ..
      "return nothing for done")
  elseif count > 2 then
    return misreturned(at, f, wording.describe(third) .. " behind a status and a description")
  end
  if description == nil then
    local r = result(at)
    r.outcome, r.status = STATUS, value
    return
  end
  local said = wording.textOf(description)
  if not said then
    return misreturned(at, f, wording.describe(description) .. " as the description of a status; it is a string")
  end
  return setText(at, STATUS, value, said)
end

-- key writes down the key that an order_by function has returned.
local function key(at, f, value)
  local said = wording.textOf(value)
  if not said then
    return misreturned(at, f, wording.describe(value) .. " as the key; a key is a string, a number or nil")
  end
  return setText(at, DONE, 0, said)
end

-- unfit writes down that a function returned what is neither a status nor a message.
local function unfit(at, f, first, second)
  if first == nil then
    return misreturned(at, f, "nil and " .. wording.describe(second) ..
      "; return nothing, a status such as gopiper.FAIL and a description, or messages")
  end
  return misreturned(at, f, wording.describe(first) .. "; return nothing, a status such as gopiper.DROP, or messages")
end

-- change writes down what was changed beside the data.
local function change(at, bits, key, timestamp, assigned, order)
  if assigned then
    local from = head.used
    for i = 1, #order do
      putAttribute(order[i], assigned[order[i]])
    end
    local r = result(at)
    r.attributes, r.attribute_count = from, #order
  end
  if bits % 4 >= 2 then
    local from = put(key)
    local r = result(at)
    r.key, r.key_size = from, #key
  end
  if bits % 8 >= 4 then
    result(at).timestamp = timestamp
  end
end

-- raised writes down an error.
local function raised(at, what, trace)
  local from, stack = put(what), put(trace)
  local r = result(at)
  r.outcome, r.text, r.text_size, r.stack, r.stack_size = ERROR, from, #what, stack, #trace
end

return {
  put = put, putWord = putWord, putAttribute = putAttribute, result = result,
  misreturned = misreturned, status = status, unfit = unfit, key = key, change = change, raised = raised,
}
