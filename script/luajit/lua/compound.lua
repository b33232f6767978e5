-- Values between Lua and Go that take more to write and to read: see values.lua.

local private = ...

local head, functions, words, sizes, doubles = private.head, private.functions, private.words, private.sizes, private.doubles
local cast, text = private.ffi.cast, private.ffi.string
local getinfo, getmetatable, rawget, rawmeta = private.getinfo, private.getmetatable, private.rawget, private.rawmeta
local setmetatable, sized, type = private.setmetatable, private.sized, private.type
local values = private.values
local need, read, write, writeText, writeBare = values.need, values.read, values.write, values.writeText, values.writeBare
local writeNumber = values.writeNumber

local TABLE, FUNCTION, NULL, EXACT, ARRAY_TABLE, OBJECT_TABLE, OTHER = 5, 6, 8, 9, 10, 11, 12
local depthMax = 1002
local deep = "a table that is nested more than 1000 deep, or in itself"

-- tagOf tells tables by their marks. LuaJIT compiles no debug.getmetatable, and most
-- tables have no metatable.
local function tagOf(value)
  local marks = getmetatable(value) ~= nil and rawget(private, "marks")
  if not marks then
    return TABLE
  end
  local mark = rawmeta(value)
  return mark == marks.ofArrays and ARRAY_TABLE or mark == marks.ofObjects and OBJECT_TABLE or TABLE
end

-- writeInner is write for what is in a table. The values that most are stand in it
-- again: LuaJIT compiles them better than a call that may come back to the table.
local function writeInner(value, depth, refs)
  local kind = type(value)
  if kind == "string" then
    writeText(4, value)
  elseif kind == "number" then
    writeNumber(value)
  elseif kind == "boolean" then
    writeBare(value and 2 or 1)
  else
    return write(value, depth, refs)
  end
end

-- writeOdd writes a field whose key is no string.
local function writeOdd(key, field, depth, refs)
  if refs and type(key) ~= "number" then
    return "a table with a key that is a " .. type(key)
  end
  return write(key, depth, refs) or write(field, depth, refs)
end

-- readInner is read for what is in a table.
local function readInner(p, at)
  local tag = p[at]
  if tag == 4 then
    local n = cast(sizes, p + at + 1)[0]
    return text(p + at + 5, n), at + 5 + n
  elseif tag == 3 then
    return cast(doubles, p + at + 1)[0], at + 9
  elseif tag == 1 or tag == 2 then
    return tag == 2, at + 1
  end
  return read(p, at)
end

-- What is done with the elements of tables is made when the first table crosses.
local writeItems, writeFields, readItems, readFields

local function unroll()
  writeItems, writeFields, readItems, readFields = private.elements(writeText, writeInner, writeOdd, readInner)
end

local function writeTable(value, depth, refs)
  if head.too_deep ~= 0 or depth > depthMax then
    head.too_deep = 1
    if not refs then
      writeText(OTHER, "table")
      return
    end
    return deep
  end
  if not writeItems then
    unroll()
  end
  local at = need(9)
  head.scratch_used = at + 9
  local items, why = writeItems(value, depth, refs)
  if why then
    return why
  end
  local fields
  fields, why = writeFields(value, depth, refs, items)
  if why then
    return why
  end
  local p = head.scratch + at
  p[0] = tagOf(value)
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
    writeBare(NULL)
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
  if not readItems then
    unroll()
  end
  local items, fields = cast(sizes, p + at + 1)[0], cast(sizes, p + at + 5)[0]
  local list = sized(items, fields)
  local tag = p[at]
  at = at + 9
  at = readFields(list, p, readItems(list, p, at, items), fields)
  if tag == ARRAY_TABLE then
    setmetatable(list, private.marks.ofArrays)
  elseif tag == OBJECT_TABLE then
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
  local n = cast(sizes, p + at + 1)[0]
  return private.exact.of(text(p + at + 5, n)), at + 5 + n
end

return compound
