-- The driver of one function: it hands the messages of a batch to the function
-- and collects what becomes of them.

local private, f, mode = ...

local head, room, caught, problem, begin = private.head, private.room, private.caught, private.problem, private.begin
local copy, text, cast = private.ffi.copy, private.ffi.string, private.ffi.cast
local words, doubles = private.words, private.doubles
local error, rawget, select, type, xpcall = private.error, private.rawget, private.select, private.type, private.xpcall

-- The batch at hand. Messages, attributes and results are records of 8, 4 and 16 words, as
-- layout.go and result.go have them: to declare them would cost every state 4 KB.
local input, messages, stored
local current = -1            -- the message that is being handled; -1 for none
local changed = 0              -- the bits of what was: 1 data, 2 key, 4 timestamp, 8 attributes
local data, key, timestamp = false, false, false -- once they were read or assigned
local assigned, order = false, false             -- attributes: by name, and the names

local kept = false                               -- a function of a table keeps this one

local root, parsed = false, false                -- msg.json, and whether the host has it
local host, methods = false, false               -- once they were used

local message, attributes = private.newproxy(true), private.newproxy(true)
private.names[message], private.names[attributes] = "message", "message's attributes"

local function setChange()
  if current < 0 then
    private.over(3)
  end
  if mode == 1 or mode == 2 or kept then
    private.amiss.change(mode)
  end
end

-- told is none within __index: LuaJIT compiles no function that may make another.
local function told(keeps)
  if keeps then
    changed, kept = 0, true
  end
  return current, changed, data, key, timestamp, assigned, order
end

local function json()
  parsed = true
  host = host or private.host
  if changed % 2 == 1 then -- the host has it from now on
    changed = changed - 1
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

local meta = private.getmetatable(message)
meta.__metatable = "message"

function meta.__tostring() return "message" end

function meta.__index(_, name)
  if current < 0 then
    private.over(2)
  end
  if name == "json" then
    if root then
      return root
    end
    return json()
  elseif name == "data" then
    if parsed then
      return private.host.data()
    elseif not data then
      local m = messages + current * 8
      data = text(input + m[0], m[1])
    end
    return data
  elseif name == "attributes" then
    return attributes
  elseif name == "key" then
    if key == false then
      local m = messages + current * 8
      key = text(input + m[2], m[3])
    end
    if key ~= "" then
      return key
    end
    return nil
  elseif name == "timestamp" then
    local at = timestamp or cast(doubles, messages)[current * 4 + 3]
    if at ~= 0 then
      return at
    end
    return nil
  elseif name == "copy" or name == "emit" or name == "keep" or name == "release" then
    methods = methods or private.methods(message, told)
    return methods[name]
  end
  private.amiss.noField(name)
end

function meta.__newindex(_, name, value)
  setChange()
  local kind = type(value)
  if name == "data" then
    if kind ~= "string" then
      value = private.wording.text(value, "msg.data is a string")
    end
    if parsed then
      private.host.forget()
      root, parsed = false, false
    end
    data = value
    changed = changed % 2 == 0 and changed + 1 or changed
  elseif name == "key" then
    if value == nil then
      value = ""
    elseif kind ~= "string" then
      value = private.wording.text(value, "msg.key is a string or nil")
    end
    key = value
    changed = changed % 4 < 2 and changed + 2 or changed
  elseif name == "timestamp" then
    if value == nil then
      value = 0
    elseif kind ~= "number" or not (value * 1e9 < 2 ^ 63 and value * 1e9 > -2 ^ 63) then
      error("msg.timestamp is a number of seconds since 1970 or nil, not " .. private.wording.describe(value), 2)
    end
    timestamp = value
    changed = changed % 8 < 4 and changed + 4 or changed
  elseif name == "json" then
    root, parsed, data = false, true, changed % 2 == 1 and data
    local was = data
    if was then
      changed = changed - 1
    end
    data = false
    return private.host.assign(value, was or nil)
  else
    private.amiss.assigned(name)
  end
end

local attributesMeta = private.getmetatable(attributes)
attributesMeta.__metatable = "message's attributes"

function attributesMeta.__tostring() return "attributes" end

function attributesMeta.__index(_, name)
  if current < 0 then
    private.over(2)
  end
  if type(name) ~= "string" then
    name = private.wording.text(name, "an attribute's name is a string")
  end
  if assigned then
    local value = assigned[name]
    if value ~= nil then
      return value or nil
    end
  end
  local m = messages + current * 8
  for i = m[4] * 4, (m[4] + m[5] - 1) * 4, 4 do
    if stored[i + 1] == #name and text(input + stored[i], stored[i + 1]) == name then
      return text(input + stored[i + 2], stored[i + 3])
    end
  end
  return nil
end

function attributesMeta.__newindex(_, name, value)
  setChange()
  if type(name) ~= "string" then
    name = private.wording.text(name, "an attribute's name is a string")
  end
  local kind = type(value)
  if value == nil then
    value = false
  elseif kind ~= "string" then
    value = private.wording.text(value, 'the attribute "' .. name .. '" is a string or nil', "; use tostring(…)")
  end
  if not assigned then
    assigned, order = {}, {}
    changed = changed + 8
  end
  if assigned[name] == nil then
    order[#order + 1] = name
  end
  assigned[name] = value
end

private.iterators[attributes] = function()
  if current < 0 then
    private.over(2)
  end
  return private.attributes(input, messages + current * 8, stored, assigned, order)
end

local function result(at) return cast(words, head.output + at * 64) end

-- returned looks at what the function returned; the outcomes are those of result.go.
local function returned(at, count, ...)
  local first = ...
  local kind = type(first)
  if mode == 1 then
    head.output[at * 64] = 1
    result(at)[1] = first and 1 or 0
  elseif mode == 2 then
    if first ~= nil then
      return private.verdict.key(at, f, first)
    end
  elseif kind == "number" then
    if count == 1 and first % 1 == 0 and first ~= 1 and first <= 1e9 and first >= -1e9 then
      head.output[at * 64] = 1
      result(at)[1] = first % 2 ^ 32
      return
    end
    return private.verdict.status(at, f, mode == 3, kept, count, ...)
  elseif kind == "string" or kind == "table" or kind == "userdata" or kind == "cdata" then
    return private.split(at, f, message, count, ...)
  elseif kind ~= "nil" or count > 1 then
    return private.verdict.unfit(at, f, ...)
  end
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
    r[6], r[7] = from, n
  end
  if bits > 1 then
    private.report.change(at, bits, key, timestamp, assigned, order)
    assigned, order = false, false
  end
  local out, from = head.output, at * 64
  out[from], out[from + 1] = 0, bits -- done; two bytes: LuaJIT compiles the loop with one word badly
  local r = cast(words, out + from)
  r[1], r[3] = 0, 0
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
  input = head.input
  messages, stored = cast(words, head.messages), cast(words, head.attributes)
  private.told = told
  begin()
  i, count = 0, head.count
  limit = room(count * 64) + count * 64 + 16 * 2 ^ 20 -- records of 64 bytes, and what ends a batch early
  local ok, err = xpcall(drive, caught)
  while not ok do
    settle(i)
    private.report.raised(i, problem(err))
    i = i + 1
    ok, err = xpcall(drive, caught)
  end
  head.handled = i
end
