-- Messages that a function returns.

local private = ...

local report, wording = private.report, private.wording
local describe, textOf = wording.describe, wording.textOf
local put, putWord, putAttribute, result = report.put, report.putWord, report.putAttribute, report.result
local head, room, cast, doubles = private.head, private.room, private.ffi.cast, private.doubles
local format, next, rawequal, rawget, select = private.format, private.next, private.rawequal, private.rawget, private.select
local tostring, type = private.tostring, private.type
local SPLIT = 2
local DATA, KEY, TIMESTAMP, COPIED = 1, 2, 4, 16

-- attributesOf reads the attributes of a part; it returns what is wrong.
local function attributesOf(part, list)
  if type(list) ~= "table" then
    return "its attributes cannot be " .. describe(list)
  end
  for name, value in next, list do
    local named, valued = textOf(name), textOf(value)
    if not named or not valued then
      return "its attribute " .. tostring(name) .. " cannot be " .. describe(value) .. "; attributes are strings"
    end
    part.count = part.count + 1
    part[part.count * 2 - 1], part[part.count * 2] = named, valued
  end
end

-- partOf reads a table { data = …, attributes = …, key = …, timestamp = … }. It
-- returns what is wrong, or nil and the part.
local function partOf(value)
  local part = { count = 0, flags = DATA, data = "", key = "", timestamp = 0 }
  for name, field in next, value do
    local ok = true
    if name == "data" then
      part.data = textOf(field)
      ok = part.data
    elseif name == "key" then
      part.key, part.flags = textOf(field), part.flags + KEY
      ok = part.key
    elseif name == "timestamp" then
      ok = type(field) == "number" and field * 1e9 < 2 ^ 63 and field * 1e9 > -2 ^ 63
      part.timestamp, part.flags = field, part.flags + TIMESTAMP
    elseif name == "attributes" then
      local why = attributesOf(part, field)
      if why then
        return why
      end
    elseif type(name) == "number" then
      return "it is a list; return the messages one by one: return unpack(list)"
    else
      local hint = private.host.nearest(tostring(name), { "data", "attributes", "key", "timestamp" })
      return format('unknown field "%s"%s', tostring(name), hint ~= "" and '; did you mean "' .. hint .. '"?' or "")
    end
    if not ok then
      return "its " .. name .. " cannot be " .. describe(field)
    end
  end
  if rawget(value, "data") == nil then
    return "it has no data; write { data = msg.data } for the same"
  end
  return nil, part
end

local function putPart(part)
  putWord(part.flags)
  putWord(#part.data)
  putWord(#part.key)
  putWord(part.count)
  local at = room(8)
  cast(doubles, head.output + at)[0] = part.timestamp
  put(part.data)
  put(part.key)
  for i = 1, part.count do
    putAttribute(part[i * 2 - 1], part[i * 2])
  end
end

-- split writes down messages that a function has returned; f is the function, and
-- message what it was given.
return function(at, f, message, count, ...)
  local parts, again = {}, 0
  for i = 1, count do
    local value = (select(i, ...))
    local kind = type(value)
    if kind == "string" then
      parts[#parts + 1] = { count = 0, flags = DATA, data = value, key = "", timestamp = 0 }
    elseif kind == "table" then
      local why, part = partOf(value)
      if why then
        return private.verdict.misreturned(at, f, "a table that is no message: " .. why)
      end
      parts[#parts + 1] = part
    elseif kind == "cdata" then
      local snapshot, why = private.host.snapshot(value)
      if not snapshot then
        return private.verdict.misreturned(at, f, why)
      end
      parts[#parts + 1] = { count = 0, flags = COPIED, data = "", key = "", timestamp = snapshot }
    elseif kind == "userdata" then
      if not rawequal(value, message) then
        return private.verdict.misreturned(at, f, describe(value) .. " that is neither the message it was given nor a copy of it")
      elseif again == 1 then
        return private.verdict.misreturned(at, f, "the message itself twice")
      end
      again = 1
    else
      return private.verdict.misreturned(at, f, describe(value) .. " among messages; a message is a string, msg, a copy of it, or { data = … }")
    end
  end
  local from = head.used
  for i = 1, #parts do
    putPart(parts[i])
  end
  report.setOutcome(at, SPLIT, again)
  local r = result(at)
  r[12], r[13] = from, #parts
end
