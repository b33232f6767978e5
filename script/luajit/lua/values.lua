-- Values between Lua and Go, and the functions of Go's that Lua calls.

local private = ...

local head, callback, handle = private.head, private.callback, private.handle
local bytes, words, doubles, sizes = private.bytes, private.words, private.doubles, private.sizes
local cast, copy, text = private.ffi.cast, private.ffi.copy, private.ffi.string
local error, rawget, select, setmetatable = private.error, private.rawget, private.select, private.setmetatable
local type, unpack = private.type, private.unpack

-- need makes room for n more bytes of scratch and returns where they begin.
local function need(n)
  local used = head.scratch_used
  local size = used + n
  if size > head.scratch_capacity then
    if size > 2 ^ 31 - 1 then
      error("values of more than 2 GiB cannot be passed to Go", 0)
    end
    local capacity = head.scratch_capacity
    while capacity < size do
      capacity = capacity * 2
    end
    local larger = bytes(capacity)
    copy(larger, head.scratch, used)
    private.scratch, head.scratch, head.scratch_capacity = larger, larger, capacity
  end
  return used
end

-- Values cross as a tag and what belongs to it: see values.go. Those that take more
-- to write and to read are in compound.lua.
-- The tags are 0 nil, 1 false, 2 true, 3 number, 4 string and 7 object.
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
  p[0] = 3
  cast(doubles, p + 1)[0] = value
  head.scratch_used = at + 9
end

local function writeBare(tag)
  local at = need(1)
  head.scratch[at] = tag
  head.scratch_used = at + 1
end

-- write appends a value to the scratch. It returns what is wrong with it, or
-- nil. With refs functions are kept for Go, and what is none of its values is
-- wrong; without, Go is told its type.
function write(value, depth, refs)
  local kind = type(value)
  if kind == "string" then
    writeText(4, value)
  elseif kind == "number" then
    writeNumber(value)
  elseif kind == "boolean" or kind == "nil" then
    writeBare(value and 2 or value == false and 1 or 0)
  elseif kind == "cdata" then
    local at = need(17)
    local p = head.scratch + at
    p[0] = 7
    cast(words, p + 1)[0] = value.kind
    cast(words, p + 5)[0] = value.number
    cast(doubles, p + 9)[0] = value.generation
    head.scratch_used = at + 17
  else
    return private.compound.write(value, depth, refs)
  end
end

local read

-- read returns the value at an offset, and the offset of what is behind it.
function read(p, at)
  local tag = p[at]
  if tag == 4 then
    local n = cast(sizes, p + at + 1)[0]
    return text(p + at + 5, n), at + 5 + n
  elseif tag == 3 then
    return cast(doubles, p + at + 1)[0], at + 9
  elseif tag == 0 then
    return nil, at + 1
  elseif tag == 7 then
    return private.object.of(cast(sizes, p + at + 1)[0], cast(words, p + at + 5)[0],
      cast(doubles, p + at + 9)[0]), at + 17
  elseif tag <= 2 then
    return tag == 2, at + 1
  end
  return private.compound.read(p, at)
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
    head.scratch_used, head.too_deep = 0, 0
    local count = select("#", ...)
    if count > 0 then
      local first, second, third = ... -- without a loop; see elements.lua
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
        error("what is passed is " .. why, 2)
      end
    end
    head.number, head.count = number, count
    local answer = callback(handle)
    if answer == 2 then -- there is no room for it yet
      local size = head.scratch_used
      head.scratch_used = 0
      need(size)
      head.number = -1
      answer = callback(handle)
    end
    if answer == 1 then -- it is an error
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

-- Functions that the host has registered for us, as host.NAME or call.NAME: each is made
-- when it is used first.
local registered = private.registered
local hosted = setmetatable({}, { __index = function(hosted, name)
  local number = registered[name]
  if number then
    hosted[name] = bound(number < 0 and -number or number, number < 0 and 3 or 2)
  end
  return rawget(hosted, name)
end })

return {
  bound = bound, hosted = hosted, need = need, read = read, readAll = readAll, write = write, writeText = writeText,
  writeNumber = writeNumber, writeBare = writeBare,
}
