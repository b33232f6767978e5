-- Reads messages that functions return as tables.

local private = ...

local nearest = private.bound(0)
local next, rawget, tostring, type = private.next, private.rawget, private.tostring, private.type
local format, sub = private.format, private.sub
local KEY, TIMESTAMP, DATA = 2, 4, 1

local function describe(value)
  local kind = type(value)
  if kind == "nil" then
    return "nil"
  elseif kind == "string" then
    return "the string " .. format("%q", #value > 40 and sub(value, 1, 40) .. "…" or value)
  elseif kind == "number" or kind == "boolean" then
    return "the " .. kind .. " " .. tostring(value)
  elseif kind == "cdata" then
    return "a " .. private.nameOf(value)
  end
  if kind == "userdata" then
    local isNull, exact = private.told(value)
    return isNull and "a JSON null" or exact and "a exact number" or "a " .. (private.names[value] or kind)
  end
  return "a " .. kind
end
private.describe = describe

local function textOf(value)
  local kind = type(value)
  if kind == "string" then
    return value
  elseif kind == "number" then
    return tostring(value)
  elseif kind == "userdata" then
    local _, exact = private.told(value)
    return exact
  end
end
private.textOf = textOf

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
function private.partOf(value)
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
      local hint = nearest(tostring(name), { "data", "attributes", "key", "timestamp" })
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
