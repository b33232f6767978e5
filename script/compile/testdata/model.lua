-- What a message is for the interpreters that compiled functions are compared
-- with. The test puts before it:
--   input    { data = , key = , timestamp = , attributes = , json = }
--   handler  the function
gopiper = { DONE = 0, RETRY = 100, FAIL = 200, DROP = 300, null = setmetatable({}, { __tostring = function() error("null") end }) }

local function hex(s)
  return (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local function textual(v, what)
  if type(v) == "number" then return tostring(v) end
  if type(v) ~= "string" then error(what .. " is a string, not " .. type(v)) end
  return v
end

local real = { data = input.data, key = input.key, timestamp = input.timestamp }
local stored = input.attributes
local msg = {}
local attributes = setmetatable({}, {
  __index = function(_, name) return stored[textual(name, "a name")] end,
  __newindex = function(_, name, v)
    stored[textual(name, "a name")] = v ~= nil and textual(v, "an attribute") or nil
  end,
})
setmetatable(msg, {
  __index = function(_, name)
    if name == "attributes" then return attributes end
    if name == "json" then
      if input.json == nil then error("no JSON") end
      return input.json
    end
    return real[name]
  end,
  __newindex = function(_, name, v)
    if name == "data" then
      real.data = textual(v, "data")
    elseif name == "key" then
      real.key = v ~= nil and textual(v, "a key") or nil
      if real.key == "" then real.key = nil end
    elseif name == "timestamp" then
      if v ~= nil and type(v) ~= "number" then error("a timestamp is a number") end
      real.timestamp = v ~= 0 and v or nil
    else
      error("no such field")
    end
  end,
})

-- sorted writes JSON with its keys in order, so that it can be compared.
local function sorted(v)
  if v == gopiper.null then return "null" end
  if type(v) == "string" then return "s" .. hex(v) end
  if type(v) == "number" then return ("%.17g"):format(v) end
  if type(v) ~= "table" then return tostring(v) end
  local out = {}
  if v["\0array"] then
    for _, e in ipairs(v) do out[#out + 1] = sorted(e) end
    return "[" .. table.concat(out, ",") .. "]"
  end
  for name, e in pairs(v) do out[#out + 1] = hex(name) .. ":" .. sorted(e) end
  table.sort(out)
  return "{" .. table.concat(out, ",") .. "}"
end

local function dump(...)
  local list = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) == "table" then v = "table" else v = type(v) .. ":" .. hex(tostring(v)) end
    list[i] = v
  end
  local names = {}
  for name, v in pairs(stored) do names[#names + 1] = hex(name) .. "=" .. hex(v) end
  table.sort(names)
  return table.concat({
    "returned " .. table.concat(list, " "),
    "data " .. hex(real.data),
    "key " .. hex(real.key or ""),
    "timestamp " .. ("%.6f"):format(real.timestamp or 0),
    "attributes " .. table.concat(names, " "),
    "json " .. (input.json and sorted(input.json) or ""),
  }, "\n")
end

local function results(ok, ...)
  if not ok then return "failed: " .. tostring((...)) end
  return dump(...)
end

outcome = results(pcall(function() return handler()(msg) end))
