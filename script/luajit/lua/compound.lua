-- Values between Lua and Go that take more to write and to read: see values.lua.

local private = ...

local head, functions, words = private.head, private.functions, private.words
local cast, text = private.ffi.cast, private.ffi.string
local getinfo, next, rawget, rawmeta = private.getinfo, private.next, private.rawget, private.rawmeta
local setmetatable, type = private.setmetatable, private.type
local values = private.values
local need, read, write, writeText = values.need, values.read, values.write, values.writeText

local TABLE, FUNCTION, NULL, EXACT, ARRAY_TABLE, OBJECT_TABLE, OTHER = 5, 6, 8, 9, 10, 11, 12
local depthMax = 1002
local deep = "a table that is nested more than 1000 deep, or in itself"


local function writeTable(value, depth, refs)
  if head.too_deep ~= 0 or depth > depthMax then
    head.too_deep = 1
    if not refs then
      writeText(OTHER, "table")
      return
    end
    return deep
  end
  local at = need(9)
  head.scratch_used = at + 9
  local items, fields = 0, 0
  while rawget(value, items + 1) ~= nil do
    items = items + 1
    local why = write(rawget(value, items), depth, refs)
    if why then
      return why
    end
  end
  for key, field in next, value do
    if not (type(key) == "number" and key >= 1 and key <= items and key % 1 == 0) then
      if refs and type(key) ~= "string" and type(key) ~= "number" then
        return "a table with a key that is a " .. type(key)
      end
      fields = fields + 1
      local why = write(key, depth, refs) or write(field, depth, refs)
      if why then
        return why
      end
    end
  end
  local p = head.scratch + at
  local mark, marks = rawmeta(value), rawget(private, "marks")
  p[0] = (mark == nil or not marks) and TABLE or mark == marks.ofArrays and ARRAY_TABLE or
    mark == marks.ofObjects and OBJECT_TABLE or TABLE
  cast(words, p + 1)[0] = items
  cast(words, p + 5)[0] = fields
end

local function writeFunction(value)
  local info = getinfo(value, "S")
  functions[#functions + 1] = value
  local at = need(9)
  head.scratch_used = at + 9
  local p = head.scratch + at
  p[0] = FUNCTION
  cast(words, p + 1)[0] = #functions
  cast(words, p + 5)[0] = info.linedefined > 0 and info.linedefined or 0
  write(info.source, 0)
end

local function writeUserdata(value)
  local exact = rawget(private, "exact")
  if exact and value == exact.null then
    local at = need(1)
    head.scratch[at] = NULL
    head.scratch_used = at + 1
  elseif exact and exact.textOf(value) then
    writeText(EXACT, exact.textOf(value))
  else
    writeText(OTHER, private.names[value] or "userdata")
  end
end

local compound = {}

-- write is that of values.lua for all else.
function compound.write(value, depth, refs)
  local kind = type(value)
  if kind == "table" then
    return writeTable(value, depth + 1, refs)
  elseif kind == "userdata" then
    writeUserdata(value)
  elseif not refs then
    writeText(OTHER, kind)
  elseif kind == "function" then
    writeFunction(value)
  else
    return "a " .. kind
  end
end

local function readTable(p, at)
  local items, fields = cast(words, p + at + 1)[0], cast(words, p + at + 5)[0]
  local list = {}
  local first = at
  at = at + 9
  for i = 1, items do
    list[i], at = read(p, at)
  end
  for _ = 1, fields do
    local key, value
    key, at = read(p, at)
    value, at = read(p, at)
    list[key] = value
  end
  if p[first] == ARRAY_TABLE then
    setmetatable(list, private.marks.ofArrays)
  elseif p[first] == OBJECT_TABLE then
    setmetatable(list, private.marks.ofObjects)
  end
  return list, at
end

-- read is that of values.lua for all else.
function compound.read(p, at)
  local tag = p[at]
  if tag == TABLE or tag == ARRAY_TABLE or tag == OBJECT_TABLE then
    return readTable(p, at)
  elseif tag == NULL then
    return private.exact.null, at + 1
  end
  local n = cast(words, p + at + 1)[0]
  return private.exact.of(text(p + at + 5, n)), at + 5 + n
end

return compound
