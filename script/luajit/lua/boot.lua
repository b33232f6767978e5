-- The private half of a state: what shares memory with Go. It runs once, before
-- the library takes away what scripts must not have, and returns the address of
-- the head, and the function that Go calls for everything.

local address, handle, part, object, library, module, unrolled = ...

-- What runs once is not worth compiling: traces take memory. Binding a function
-- turns the compiler on.
local compiler = jit
compiler.off()

local ffi = require("ffi")
local cast, copy, new, text = ffi.cast, ffi.copy, ffi.new, ffi.string
local collectgarbage, error, getinfo, getmetatable, load, newproxy =
  collectgarbage, error, debug.getinfo, getmetatable, load, newproxy
local next, rawget, rawmeta, rawset, select, setmetatable = next, rawget, debug.getmetatable, rawset, select, setmetatable
local dump, rep, sized, tostring = string.dump, string.rep, require("table.new"), tostring
local private = { names = setmetatable({}, { __mode = "k" }) } -- of what is ours only; names are those of userdata
local type, unpack, xpcall = type, unpack, xpcall

-- The layouts are those of layout.go.
ffi.cdef[[
typedef struct {
  uint32_t data, data_size, key, key_size, attributes, attribute_count;
  double timestamp;
} gopiper_message;
typedef struct { uint32_t name, name_size, value, value_size; } gopiper_attribute;
typedef struct {
  uint8_t outcome, changed;
  uint16_t unused;
  int32_t status;
  uint32_t text, text_size, stack, stack_size, data, data_size, key, key_size;
  uint32_t attributes, attribute_count, parts, part_count;
  double timestamp;
} gopiper_result;
typedef struct {
  const uint8_t *input;
  const gopiper_message *messages;
  const gopiper_attribute *attributes;
  uint8_t *output, *scratch;
  uint32_t used, capacity, scratch_used, scratch_capacity;
  int32_t operation, number, count, handled, failed, current;
  uint32_t begun, unused;
  double memory;
} gopiper_head;
]]

local head = new("gopiper_head")
local bytes, words, doubles = ffi.typeof("uint8_t[?]"), ffi.typeof("uint32_t *"), ffi.typeof("double *")
-- Sizes are read as what LuaJIT calculates with as integers.
local constWords, constDoubles, sizes = ffi.typeof("const uint32_t *"), ffi.typeof("const double *"), ffi.typeof("const int32_t *")
local callback = cast("int (*)(uintptr_t)", address)

local outputStart, outputMax = 512, 2 ^ 31 - 1
local output, scratch -- keep alive what the head points to

-- room makes room for n more bytes of output and returns where they begin.
local function room(n)
  local used = head.used
  local size = used + n
  if size > head.capacity then
    if size > outputMax then
      error("the results of one batch are larger than 2 GiB", 0)
    end
    local capacity = head.capacity
    while capacity < size do
      capacity = capacity * 2
    end
    local larger = bytes(capacity)
    copy(larger, head.output, used)
    output, head.output, head.capacity = larger, larger, capacity
  end
  head.used = size
  return used
end

-- begin empties the output, and gives back memory that one large batch took.
local function begin()
  if not output or head.capacity > 2 ^ 20 and head.used < head.capacity / 8 then
    output = bytes(outputStart)
    head.output, head.capacity = output, outputStart
  end
  head.used = 0
end

-- need makes room for n more bytes of scratch and returns where they begin.
local function need(n)
  local used = head.scratch_used
  local size = used + n
  if size > head.scratch_capacity then
    if size > outputMax then
      error("values of more than 2 GiB cannot be passed to Go", 0)
    end
    local capacity = head.scratch_capacity
    while capacity < size do
      capacity = capacity * 2
    end
    local larger = bytes(capacity)
    copy(larger, head.scratch, used)
    scratch, head.scratch, head.scratch_capacity = larger, larger, capacity
  end
  return used
end

scratch = bytes(512)
head.scratch, head.scratch_capacity = scratch, 512

-- Values cross as a tag and what belongs to it: see values.go.
local NIL, FALSE, TRUE, NUMBER, STRING, TABLE, FUNCTION = 0, 1, 2, 3, 4, 5, 6
local OBJECT, NULL, EXACT, ARRAY_TABLE, OBJECT_TABLE, OTHER = 7, 8, 9, 10, 11, 12
local depthMax = 1002
local deep = "a table that is nested more than 1000 deep, or in itself"
local tooDeep = false -- a table of what is written was

local functions = {} -- those that Go knows, by number
local write

local function writeText(tag, value)
  local n = #value
  local at = need(n + 5)
  local p = head.scratch + at
  p[0] = tag
  cast(words, p + 1)[0] = n
  copy(p + 5, value, n)
  head.scratch_used = at + n + 5
end

local function writeNumber(value)
  local at = need(9)
  local p = head.scratch + at
  p[0] = NUMBER
  cast(doubles, p + 1)[0] = value
  head.scratch_used = at + 9
end

local function writeBare(tag)
  local at = need(1)
  head.scratch[at] = tag
  head.scratch_used = at + 1
end

-- tagOf tells tables by their marks. LuaJIT compiles no debug.getmetatable, and most
-- tables have no metatable.
local function tagOf(value)
  if getmetatable(value) == nil then
    return TABLE
  end
  local mark = rawmeta(value)
  return mark == private.arrayMark and ARRAY_TABLE or mark == private.objectMark and OBJECT_TABLE or TABLE
end

-- writeInner is write for what is in a table. The values that most are stand in it
-- again: LuaJIT compiles them better than a call that may come back to the table.
local function writeInner(value, depth, refs)
  local kind = type(value)
  if kind == "string" then
    writeText(STRING, value)
  elseif kind == "number" then
    writeNumber(value)
  elseif kind == "boolean" then
    writeBare(value and TRUE or FALSE)
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

-- What is done with the elements of tables is made when the first table crosses.
local writeItems, writeFields, readItems, readFields, unroll

local function writeTable(value, depth, refs)
  if tooDeep or depth > depthMax then
    tooDeep = true
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

local function writeObject(value)
  local at = need(17)
  local p = head.scratch + at
  p[0] = OBJECT
  cast(words, p + 1)[0] = value.kind
  cast(words, p + 5)[0] = value.number
  cast(doubles, p + 9)[0] = value.generation
  head.scratch_used = at + 17
end

local function writeUserdata(value)
  local isNull, exact = private.told(value)
  if isNull then
    writeBare(NULL)
  elseif exact then
    writeText(EXACT, exact)
  else
    writeText(OTHER, private.names[value] or "userdata")
  end
end

-- write appends a value to the scratch. It returns what is wrong with it, or
-- nil. With refs functions are kept for Go, and what is none of its values is
-- wrong; without, Go is told its type.
function write(value, depth, refs)
  local kind = type(value)
  if kind == "string" then
    writeText(STRING, value)
  elseif kind == "number" then
    writeNumber(value)
  elseif kind == "boolean" or kind == "nil" then
    writeBare(value and TRUE or value == false and FALSE or NIL)
  elseif kind == "table" then
    return writeTable(value, depth + 1, refs)
  elseif kind == "cdata" then
    writeObject(value)
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

local read

-- readInner is read for what is in a table; see writeInner.
local function readInner(p, at)
  local tag = p[at]
  if tag == STRING then
    local n = cast(sizes, p + at + 1)[0]
    return text(p + at + 5, n), at + 5 + n
  elseif tag == NUMBER then
    return cast(constDoubles, p + at + 1)[0], at + 9
  elseif tag == TRUE or tag == FALSE then
    return tag == TRUE, at + 1
  end
  return read(p, at)
end

function unroll()
  writeItems, writeFields, readItems, readFields = unrolled(load, dump, rep, next, rawget, type, STRING,
    writeText, writeInner, writeOdd, readInner)
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
    setmetatable(list, private.arrayMark)
  elseif tag == OBJECT_TABLE then
    setmetatable(list, private.objectMark)
  end
  return list, at
end

-- read returns the value at an offset, and the offset of what is behind it.
function read(p, at)
  local tag = p[at]
  if tag == STRING then
    local n = cast(sizes, p + at + 1)[0]
    return text(p + at + 5, n), at + 5 + n
  elseif tag == NUMBER then
    return cast(constDoubles, p + at + 1)[0], at + 9
  elseif tag == NIL then
    return nil, at + 1
  elseif tag == OBJECT then
    return private.object(cast(sizes, p + at + 1)[0], cast(constWords, p + at + 5)[0],
      cast(constDoubles, p + at + 9)[0]), at + 17
  elseif tag == TABLE or tag == ARRAY_TABLE or tag == OBJECT_TABLE then
    return readTable(p, at)
  elseif tag == NULL then
    return private.null, at + 1
  elseif tag == EXACT then
    local n = cast(sizes, p + at + 1)[0]
    return private.exact(text(p + at + 5, n)), at + 5 + n
  end
  return tag == TRUE, at + 1
end

local function readAll(p, count)
  if count == 2 then
    local first, at = read(p, 0)
    return first, (read(p, at))
  end
  local values, at = {}, 0
  for i = 1, count do
    values[i], at = read(p, at)
  end
  return unpack(values, 1, count)
end

-- The answers of the Go callback.
local ANSWERED, REFUSED, LARGER = 0, 1, 2

local function unfit(why) error("what is passed is " .. why, 3) end

-- writeRest writes the arguments from the fourth on.
local function writeRest(...)
  for i = 4, select("#", ...) do
    local why = write((select(i, ...)), 0)
    if why then
      return why
    end
  end
end

-- bound returns the Lua function that calls Go function number. Its errors are
-- where it was called, or, at a higher level, where its caller was.
local function bound(number, level)
  level = level or 2
  return function(...)
    head.scratch_used, tooDeep = 0, false
    local count = select("#", ...)
    if count > 0 then
      local first, second, third = ... -- without a loop; see unrolled
      local why = write(first, 0)
      if not why and count > 1 then
        why = write(second, 0)
        if not why and count > 2 then
          why = write(third, 0)
          if not why and count > 3 then
            why = writeRest(...)
          end
        end
      end
      if why then
        unfit(why)
      end
    end
    head.number, head.count = number, count
    local answer = callback(handle)
    if answer == LARGER then
      local size = head.scratch_used
      head.scratch_used = 0
      need(size)
      head.number = -1
      answer = callback(handle)
    end
    if answer == REFUSED then
      error((read(head.scratch, 0)), level)
    end
    count = head.count
    if count == 1 then
      return (read(head.scratch, 0))
    elseif count > 0 then
      return readAll(head.scratch, count)
    end
  end
end

-- own are the sources that are the user's, by their name.
local own = {}
local failure, trace = "", ""

local function stack(level)
  local lines, count = {}, 0
  local info = getinfo(level, "Sln")
  while info and count < 20 do
    if own[info.source] and info.currentline > 0 then
      local where = "in function <" .. info.short_src .. ":" .. info.linedefined .. ">"
      if info.what == "main" then
        where = "in main chunk"
      elseif info.name and own[(getinfo(level + 1, "S") or info).source] then -- by the user's own code
        where = "in function '" .. info.name .. "'"
      end
      count = count + 1
      lines[count] = info.short_src .. ":" .. info.currentline .. ": " .. where .. "\n"
    end
    level = level + 1
    info = getinfo(level, "Sln")
  end
  local all = ""
  for i = 1, count do
    all = all .. lines[i]
  end
  return all
end

-- where is the innermost line of the user's own, from a level of the stack on.
local function where(level)
  level = level or 2
  local info = getinfo(level, "Sl")
  while info do
    if own[info.source] and info.currentline > 0 then
      return info.source:sub(2), info.currentline
    end
    level = level + 1
    info = getinfo(level, "Sl")
  end
  return "", 0
end

-- caught is the handler of every protected call.
local function caught(err)
  local kind = type(err)
  if kind == "string" or kind == "number" then
    failure = tostring(err)
  elseif kind == "table" then
    local message = rawget(err, "message")
    failure = type(message) == "string" and message or "the error is a table without a message"
  else
    failure = "the error is a " .. kind .. " value"
  end
  trace = stack(3)
  return err
end

-- problem returns what the last protected call caught, and forgets it. The error
-- is what that returned: LuaJIT calls no handler when the stack overflows twice
-- in a row, or memory is short.
local function problem(err)
  local what, where = failure, trace
  if what == "" and type(err) == "string" then
    what = err
  end
  failure, trace = "", ""
  return what, where
end

local function fail(...)
  head.failed, head.scratch_used, head.count = 1, 0, select("#", ...)
  for i = 1, select("#", ...) do
    write((select(i, ...)), 0)
  end
end

local function answer(ok, ...)
  tooDeep = false
  head.scratch_used, head.count = 0, select("#", ...)
  if not ok then
    return fail(problem((...)))
  end
  for i = 1, select("#", ...) do
    local why = write((select(i, ...)), 0, true)
    if why then
      return fail("the script returned " .. why .. ", which cannot be passed to Go", "")
    end
  end
end

-- run runs a source: a name, the text and its arguments are the input.
local function run(name, source, ...)
  own["@" .. name] = true
  local chunk, why = load(source, "@" .. name, "t")
  if not chunk then
    return fail(why, "")
  end
  answer(xpcall(chunk, caught, ...))
end

-- shorten tells how a source is called in errors.
local function shorten(name)
  head.scratch_used, head.count = 0, 1
  write(getinfo(load("", "@" .. name), "S").short_src, 0)
end

local drivers = {}

for name, value in next, {
  head = head, room = room, caught = caught, problem = problem, begin = begin, ffi = ffi, bound = bound,
  -- as they are before a script can change them
  error = error, getmetatable = getmetatable, newproxy = newproxy, next = next, rawget = rawget, select = select,
  tostring = tostring, type = type, xpcall = xpcall, rawequal = rawequal,
  find = string.find, format = string.format, sub = string.sub,
  rawmeta = rawmeta, setrawmeta = debug.setmetatable, own = own, getinfo = getinfo, load = load, unpack = unpack, where = where,
} do
  private[name] = value
end

local driver -- what Go has loaded

-- bind makes the driver of a function. Every driver is loaded anew: the traces
-- that LuaJIT compiles belong to a piece of bytecode, and so to one function.
local function bind(number, mode, where)
  local f = functions[number]
  drivers[#drivers + 1] = driver(private, f, mode, where)
  driver = nil
  head.scratch_used, head.count = 0, 1
  write(#drivers, 0)
  collectgarbage() -- what loading left behind
  compiler.on()
end

local owners = {} -- tables of functions, by the number of the one that handles

-- ended tells Go whether a call went well.
local function ended(ok, err)
  head.scratch_used, head.count, tooDeep = 0, 0, false
  if not ok then
    fail(problem(err))
  end
  return ok
end

-- invoke calls a function with the table that it belongs to, and with no message.
local function invoke(number, owner)
  compiler.on()
  head.begun, head.current = head.begun + 1, -1
  ended(xpcall(functions[number], caught, owners[owner]))
end

-- together calls a function with a list of messages that the host has, and answers
-- with what it returns.
local function together(number, count, generation)
  compiler.on()
  head.begun, head.current = head.begun + 1, -1
  local list = {}
  for i = 1, count do
    list[i] = private.batched(i - 1, generation)
  end
  local ok, value = xpcall(functions[number], caught, list)
  if ended(ok, value) then
    write(value, 0)
    head.count = 1
  end
end

local G = _G
local match = string.match

-- register sets a global, or a field of a table that is one, to a Go function.
-- Those of "host" and of "gopiper" are for the module.
local function register(name, number)
  local where, last, level = G, name, 2
  local part, rest = match(name, "^([^.]+)%.([^.]+)$")
  if part == "host" then
    where, last, level = private.hosted, rest, 3
  elseif part == "call" then
    where, last = private.hosted, rest
  elseif part == "gopiper" then
    where, last = private.module, rest
  elseif part then
    where, last = rawget(G, part), rest
    if type(where) ~= "table" or where == G then
      where = {}
      rawset(G, part, where)
    end
  end
  rawset(where, last, bound(number, level))
end

local loaded = package.loaded
part(private)
object(private)
library(private)
module(private)
for name in next, loaded do
  loaded[name] = nil
end

local function finish()
  local before = #functions
  answer(xpcall(private.finish, caught))
  for i, owner in next, private.owners do
    owners[before + i] = owner
  end
end

local operations = { run, bind, register, shorten, finish, function() collectgarbage() end, invoke, together }

local go

function go(pushed)
  driver = pushed
  head.failed = 0
  local operation = head.operation
  if operation == 0 then
    drivers[head.number]()
  else
    local count = head.count
    head.scratch_used, head.count = 0, 0
    operations[operation](readAll(head.input, count))
  end
  head.memory = collectgarbage("count") * 1024
  return go -- is what the next call finds on the stack
end

collectgarbage()
return tostring(cast("uintptr_t", cast("void *", head))):match("%d+"), go
