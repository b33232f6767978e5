-- The driver of one function: it hands the messages of a batch to the function
-- and collects what becomes of them.

local private, f, mode, where = ...

local head, room, caught, problem, begin = private.head, private.room, private.caught, private.problem, private.begin
local nearest = private.bound(0)
local cast, copy, text = private.ffi.cast, private.ffi.copy, private.ffi.string
local resultsOf = private.ffi.typeof("gopiper_result *")
local words, doubles = private.ffi.typeof("uint32_t *"), private.ffi.typeof("double *")
local size = private.ffi.sizeof("gopiper_result")
local error, next, rawget, select = private.error, private.next, private.rawget, private.select
local tostring, type, xpcall = private.tostring, private.type, private.xpcall
local format, sub = private.format, private.sub
local getmetatable, newproxy, rawequal = private.getmetatable, private.newproxy, private.rawequal
local describe, textOf, partOf, host = private.describe, private.textOf, private.partOf, private.host

-- The outcomes, and the bits of what was changed: see result.go.
local DONE, STATUS, SPLIT, ERROR, MISRETURN = 0, 1, 2, 3, 4
local DATA, KEY, TIMESTAMP, ATTRIBUTES, COPIED = 1, 2, 4, 8, 16
local enough = 16 * 2 ^ 20 -- bytes of results, with which a batch ends early

local readOnly = mode == 1 and "a `when` function" or mode == 2 and "an `order_by` function"
local ofTable = mode == 3 -- the function is a table's, and may keep messages
local kept = false        -- it keeps this one

local input, messages, stored -- the batch at hand
local current = -1            -- the message that is being handled; -1 for none
local changed = 0
local data, key, timestamp = false, false, false -- once they were read or assigned
local assigned, order = false, false             -- attributes: by name, and the names

local root, parsed = false, false                -- msg.json, and whether the host has it

local message, attributes = newproxy(true), newproxy(true)
private.names[message], private.names[attributes] = "message", "message's attributes"

local after = "a message was used after its function had returned; copy what is needed later, such as msg.data"

local function over() error(after, 3) end

local function noField(name)
  local hint = nearest(tostring(name), { "data", "attributes", "key", "timestamp", "json", "copy", "emit", "keep", "release" })
  error(format('a message has no field "%s"%s', tostring(name),
    hint ~= "" and '; did you mean "' .. hint .. '"?' or ""), 3)
end

local function setChange()
  if current < 0 then
    error(after, 3)
  end
  if readOnly or kept then
    error((readOnly or "after msg:keep() the function") .. " must not change the message", 3)
  end
end

-- sync tells the host what was assigned, beside msg.json, which it knows.
local function sync()
  if changed == 0 or current < 0 then
    return
  end
  local list = {}
  if assigned then
    for i = 1, #order do
      list[2 * i - 1], list[2 * i] = order[i], assigned[order[i]]
    end
  end
  host.sync(changed, data or "", key or "", timestamp or 0, list)
end

local function receiver(m, method)
  if current < 0 then
    error(after, 3)
  elseif type(m) == "cdata" then
    return
  elseif not rawequal(m, message) then
    error("msg:" .. method .. "() is called with a colon", 3)
  end
  sync()
end

local function copyMethod(m)
  receiver(m, "copy")
  return host.copy(type(m) == "cdata" and m or nil)
end

local function emitMethod(m)
  receiver(m, "emit")
  return host.emit(type(m) == "cdata" and m or nil)
end

-- keepMethod tells the host all that was assigned: nothing more can be.
local function keepMethod(m)
  receiver(m, "keep")
  local object = host.keep(type(m) == "cdata" and m or nil)
  if type(m) ~= "cdata" then
    changed, kept = 0, true
  end
  return object
end

local function releaseMethod(m)
  receiver(m, "release")
  return host.release(type(m) == "cdata" and m or nil)
end

local function json()
  parsed = true
  if changed % 2 == 1 then -- the host has it from now on
    changed = changed - DATA
    root = host.json(data)
  else
    root = host.json()
  end
  data = false
  if type(root) == "cdata" then
    return root
  end
  local value = root
  root = false
  return value
end

local meta = getmetatable(message)
meta.__metatable = "message"

function meta.__tostring() return "message" end

function meta.__index(_, name)
  if current < 0 then
    over()
  end
  if name == "json" then
    if root then
      return root
    end
    return json()
  elseif name == "data" then
    if parsed then
      return host.data()
    elseif not data then
      local m = messages[current]
      data = text(input + m.data, m.data_size)
    end
    return data
  elseif name == "attributes" then
    return attributes
  elseif name == "key" then
    if key == false then
      local m = messages[current]
      key = text(input + m.key, m.key_size)
    end
    if key ~= "" then
      return key
    end
    return nil
  elseif name == "timestamp" then
    local at = timestamp or messages[current].timestamp
    if at ~= 0 then
      return at
    end
    return nil
  elseif name == "copy" then
    return copyMethod
  elseif name == "emit" then
    return emitMethod
  elseif name == "keep" then
    return keepMethod
  elseif name == "release" then
    return releaseMethod
  end
  noField(name)
end

function meta.__newindex(_, name, value)
  setChange()
  local kind = type(value)
  if name == "data" then
    if kind ~= "string" then
      value = textOf(value) or error("msg.data is a string, not " .. describe(value), 2)
    end
    if parsed then
      host.forget()
      root, parsed = false, false
    end
    data = value
    changed = changed % 2 == 0 and changed + DATA or changed
  elseif name == "key" then
    if value == nil then
      value = ""
    elseif kind ~= "string" then
      value = textOf(value) or error("msg.key is a string or nil, not " .. describe(value), 2)
    end
    key = value
    changed = changed % 4 < 2 and changed + KEY or changed
  elseif name == "timestamp" then
    if value == nil then
      value = 0
    elseif kind ~= "number" or not (value * 1e9 < 2 ^ 63 and value * 1e9 > -2 ^ 63) then
      error("msg.timestamp is a number of seconds since 1970 or nil, not " .. describe(value), 2)
    end
    timestamp = value
    changed = changed % 8 < 4 and changed + TIMESTAMP or changed
  elseif name == "json" then
    root, parsed, data = false, true, changed % 2 == 1 and data
    local was = data
    if was then
      changed = changed - DATA
    end
    data = false
    return host.assign(value, was or nil)
  elseif name == "copy" or name == "emit" or name == "keep" or name == "release" then
    error("msg." .. name .. " is a method and cannot be assigned", 2)
  elseif name == "attributes" then
    error("msg.attributes cannot be assigned as a whole; assign its fields: msg.attributes.name = value", 2)
  else
    noField(name)
  end
end

local attributesMeta = getmetatable(attributes)
attributesMeta.__metatable = "message's attributes"

function attributesMeta.__tostring() return "attributes" end

local function nameOf(name)
  return textOf(name) or error("an attribute's name is a string, not " .. describe(name), 3)
end

function attributesMeta.__index(_, name)
  if current < 0 then
    over()
  end
  name = nameOf(name)
  if assigned then
    local value = assigned[name]
    if value ~= nil then
      return value or nil
    end
  end
  local m = messages[current]
  local first = m.attributes
  for i = first, first + m.attribute_count - 1 do
    local a = stored[i]
    if a.name_size == #name and text(input + a.name, a.name_size) == name then
      return text(input + a.value, a.value_size)
    end
  end
  return nil
end

function attributesMeta.__newindex(_, name, value)
  setChange()
  name = nameOf(name)
  local kind = type(value)
  if value == nil then
    value = false
  elseif kind ~= "string" then
    value = textOf(value) or error(format('the attribute "%s" is a string or nil, not %s; use tostring(…)', name, describe(value)), 2)
  end
  if not assigned then
    assigned, order = {}, {}
    changed = changed + ATTRIBUTES
  end
  if assigned[name] == nil then
    order[#order + 1] = name
  end
  assigned[name] = value
end

-- The attributes as they are now, in the order that they were set in.
private.iterators[attributes] = function()
  if current < 0 then
    over()
  end
  local names, values, count = {}, {}, 0
  local m = messages[current]
  for i = m.attributes, m.attributes + m.attribute_count - 1 do
    local a = stored[i]
    local name = text(input + a.name, a.name_size)
    local value = assigned and assigned[name]
    if value == nil or not assigned then
      value = text(input + a.value, a.value_size)
    end
    count = count + 1
    names[count], values[count], names[name] = name, value, true
  end
  for i = 1, order and #order or 0 do
    local name = order[i]
    if not names[name] then
      count = count + 1
      names[count], values[count] = name, assigned[name]
    end
  end
  local at = 0
  return function()
    repeat
      at = at + 1
    until at > count or values[at]
    return names[at], values[at]
  end, nil, nil
end

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

local function setText(at, outcome, status, description)
  local from = put(description)
  local r = result(at)
  r.outcome, r.status, r.text, r.text_size = outcome, status, from, #description
end

local function misreturned(at, what)
  return setText(at, MISRETURN, 0, where .. ": the function returned " .. what)
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

local function split(at, count, ...)
  local parts, again = {}, 0
  for i = 1, count do
    local value = (select(i, ...))
    local kind = type(value)
    if kind == "string" then
      parts[#parts + 1] = { count = 0, flags = DATA, data = value, key = "", timestamp = 0 }
    elseif kind == "table" then
      local why, part = partOf(value)
      if why then
        return misreturned(at, "a table that is no message: " .. why)
      end
      parts[#parts + 1] = part
    elseif kind == "cdata" then
      local snapshot, why = host.snapshot(value)
      if not snapshot then
        return misreturned(at, why)
      end
      parts[#parts + 1] = { count = 0, flags = COPIED, data = "", key = "", timestamp = snapshot }
    elseif kind == "userdata" then
      if not rawequal(value, message) then
        return misreturned(at, describe(value) .. " that is neither the message it was given nor a copy of it")
      elseif again == 1 then
        return misreturned(at, "the message itself twice")
      end
      again = 1
    else
      return misreturned(at, describe(value) .. " among messages; a message is a string, msg, a copy of it, or { data = … }")
    end
  end
  local from = head.used
  for i = 1, #parts do
    putPart(parts[i])
  end
  local r = result(at)
  r.outcome, r.status, r.parts, r.part_count = SPLIT, again, from, #parts
end

local function status(at, count, value, description, third)
  if value % 1 ~= 0 or value > 1e9 or value < -1e9 then
    return misreturned(at, "the status " .. tostring(value) .. "; a status is a whole number")
  elseif value == 1 and ofTable then
    if not kept then
      return misreturned(at, "gopiper.CONTINUE for a message that it does not keep; msg:keep() keeps it")
    end
  elseif value == 1 then
    return misreturned(at, "gopiper.CONTINUE; a function cannot keep a message, because nobody would send it on; " ..
      "return nothing for done")
  elseif count > 2 then
    return misreturned(at, describe(third) .. " behind a status and a description")
  end
  if description == nil then
    local r = result(at)
    r.outcome, r.status = STATUS, value
    return
  end
  local said = textOf(description)
  if not said then
    return misreturned(at, describe(description) .. " as the description of a status; it is a string")
  end
  return setText(at, STATUS, value, said)
end

-- returned looks at what the function returned.
local function returned(at, count, ...)
  local first = ...
  local kind = type(first)
  if mode == 1 then
    local r = result(at)
    r.outcome, r.status = STATUS, first and 1 or 0
  elseif mode == 2 then
    if first ~= nil then
      local said = textOf(first)
      if not said then
        return misreturned(at, describe(first) .. " as the key; a key is a string, a number or nil")
      end
      return setText(at, DONE, 0, said)
    end
  elseif kind == "number" then
    return status(at, count, ...)
  elseif kind == "string" or kind == "table" or kind == "userdata" or kind == "cdata" then
    return split(at, count, ...)
  elseif kind ~= "nil" then
    return misreturned(at, describe(first) .. "; return nothing, a status such as gopiper.DROP, or messages")
  elseif count > 1 then
    return misreturned(at, "nil and " .. describe((select(2, ...))) ..
      "; return nothing, a status such as gopiper.FAIL and a description, or messages")
  end
end

-- change writes down what was changed beside the data.
local function change(at)
  local bits = changed
  if assigned then
    local from = head.used
    for i = 1, #order do
      putAttribute(order[i], assigned[order[i]])
    end
    local r = result(at)
    r.attributes, r.attribute_count = from, #order
    assigned, order = false, false
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

local function raised(at, err)
  local what, trace = problem(err)
  local from, stack = put(what), put(trace)
  local r = result(at)
  r.outcome, r.text, r.text_size, r.stack, r.stack_size = ERROR, from, #what, stack, #trace
end

-- settle writes down what was changed and ends the message.
local function settle(at)
  current = -1
  local bits = changed
  if bits % 2 == 1 then
    local n = #data
    local from = room(n)
    copy(head.output + from, data, n)
    local r = result(at)
    r.data, r.data_size = from, n
  end
  if bits > 1 then
    change(at)
  end
  local r = result(at)
  r.outcome, r.changed, r.status, r.text_size = DONE, bits, 0, 0
end

local function collect(at, ...)
  settle(at)
  local count = select("#", ...)
  if count > 0 then
    returned(at, count, ...)
  end
end

local i, count, limit = 0, 0, 0

-- drive hands over the messages from i on. It runs in one protected call for as
-- long as nothing goes wrong: LuaJIT compiles no return through a protected call
-- that it did not see the beginning of, and so nothing behind a function such as
-- string.gsub that it cannot compile.
local function drive()
  while i < count and head.used <= limit do
    head.begun, head.current = head.begun + 1, i
    current, changed, data, key, timestamp, root, parsed = i, 0, false, false, false, false, false
    if kept then
      kept, assigned, order = false, false, false
    end
    collect(i, f(message))
    i = i + 1
  end
end

return function()
  input, messages, stored = head.input, head.messages, head.attributes
  private.sync = sync
  begin()
  i, count = 0, head.count
  limit = room(count * size) + count * size + enough
  local ok, err = xpcall(drive, caught)
  while not ok do
    settle(i)
    raised(i, err)
    i = i + 1
    ok, err = xpcall(drive, caught)
  end
  head.handled = i
end
