-- The core of a state: what shares memory with Go, and what finds the rest. It
-- runs once, before the library takes away what scripts must not have, and returns
-- the address of the head, and the function that Go calls for everything.

local ffi, address, handle = ...

-- What runs once is not worth compiling: traces take memory. Binding a function
-- turns the compiler on.
local compile = jit.on
jit.off()

local cast, copy, new, text = ffi.cast, ffi.copy, ffi.new, ffi.string
local collectgarbage, debug, error, load, next, rawget, rawset = collectgarbage, debug, error, load, next, rawget, rawset
local getinfo, gmatch, select, tostring, type, xpcall = debug.getinfo, string.gmatch, select, tostring, type, xpcall

-- The layout is that of layout.go. LuaJIT has room for a few types more before it
-- doubles what all take.
ffi.cdef[[
typedef struct {
  const uint8_t *input, *messages, *attributes;
  uint8_t *output, *scratch;
  uint32_t used, capacity, scratch_used, scratch_capacity;
  int32_t operation, number, count, handled, failed, current;
  uint32_t begun, too_deep;
  double memory;
} gopiper_head;
]]

local head = new("gopiper_head")
local bytes = ffi.typeof("uint8_t[?]")
local callback = cast("int (*)(uintptr_t)", address)

local output -- keeps alive what the head points to

-- room makes room for n more bytes of output and returns where they begin.
local function room(n)
  local used = head.used
  local size = used + n
  if size > head.capacity then
    if size > 2 ^ 31 - 1 then
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
    output = bytes(512)
    head.output, head.capacity = output, 512
  end
  head.used = 0
end

-- own are the sources that are the user's, by their name.
local own = {}
local failure, trace = "", ""
local private

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
  trace = private.stack(3)
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

local weak = { __mode = "k" }

-- private is what is ours only: what the parts share, builtins as they are before a
-- script can change them, and the parts themselves. A part is loaded when it is
-- looked up first: private.x is what lua/x.lua returns. So a state has what its
-- functions need, and no more.
private = {
  G = _G, head = head, callback = callback, handle = handle, own = own,
  functions = {}, -- those that Go knows, by number
  owners = {}, -- tables of functions, by the number of the one that handles
  told = false, -- what a driver tells of its message
  held = false, -- a source that is to run
  names = setmetatable({}, weak), iterators = setmetatable({}, weak), -- of userdata
  scratch = bytes(128), -- as the output
  compile = compile, room = room, begin = begin, caught = caught, problem = problem,
  -- LuaJIT keeps in gc and metatype what it needs until the state is closed.
  ffi = { cast = cast, copy = copy, string = text, typeof = ffi.typeof, cdef = ffi.cdef, metatype = ffi.metatype, gc = ffi.gc },
  bytes = bytes, words = ffi.typeof("uint32_t *"), doubles = ffi.typeof("double *"),
  sizes = ffi.typeof("int32_t *"), -- for what LuaJIT is to calculate with as integers
  error = error, getmetatable = getmetatable, newproxy = newproxy, next = next, rawget = rawget, rawset = rawset,
  rawequal = rawequal, select = select, setmetatable = setmetatable, tonumber = tonumber, tostring = tostring, type = type,
  unpack = unpack, xpcall = xpcall, getinfo = getinfo, load = load, rawmeta = debug.getmetatable, setrawmeta = debug.setmetatable,
  byte = string.byte, find = string.find, format = string.format, gmatch = string.gmatch, gsub = string.gsub,
  match = string.match, sub = string.sub, rep = string.rep, dump = string.dump, floor = math.floor, random = math.random, randomseed = math.randomseed,
  registered = {}, -- functions of Go's for ourselves: their numbers, below 0 for those that blame who calls their caller
}
head.scratch, head.scratch_capacity = private.scratch, 128

setmetatable(private, { __index = function(_, name)
  local input, number, count = head.input, head.number, head.count
  head.input, head.number, head.count = name, -2, #name
  callback(handle)
  local code = text(head.input, head.count)
  head.input, head.number, head.count = input, number, count
  local part = load(code, "=library.lua", "b")(private)
  rawset(private, name, part)
  collectgarbage()
  return part
end })

local drivers = {}

-- bind makes the driver of a function. Every driver is loaded anew: the traces
-- that LuaJIT compiles belong to a piece of bytecode, and so to one function.
local function bind(driver)
  drivers[#drivers + 1] = driver(private, private.functions[head.number], head.count)
  head.handled = #drivers
  compile()
end

local function answer(ok, ...)
  if ok and select("#", ...) == 0 then
    head.count = 0
  else
    private.answer(ok, ...)
  end
end

-- run runs the source that is held, whose arguments are the input.
local function run()
  local chunk = private.held
  private.held = false
  own[getinfo(chunk, "S").source] = true
  if head.count == 0 then
    answer(xpcall(chunk, caught))
  else
    answer(xpcall(chunk, caught, private.values.readAll(head.input, head.count)))
  end
end

-- finish ends the description. What only describing needs goes.
local function finish()
  answer(xpcall(private.describe.finish, caught))
  for part in gmatch("describe sketch member values compound host answer", "%a+") do
    if rawget(private, part) then -- to assign nil to what is not there would make room for it
      private[part] = nil
    end
  end
end

local go

-- go does what the head says; what Go has pushed for it, if anything, are its arguments.
-- The operations are those of state.go.
function go(pushed, name)
  head.failed = 0
  local operation = head.operation
  if operation == 0 then -- batch
    drivers[head.number]()
  elseif operation == 1 then -- bind
    bind(pushed)
  elseif operation == 2 then -- open
    private[name] = pushed(private)
  elseif operation == 3 then -- run
    run()
  elseif operation == 4 then -- finish
    finish()
  elseif operation == 6 then -- enroll
    private.registered[pushed] = head.number
  elseif operation == 10 then -- hold
    private.held = pushed
  elseif operation > 7 then
    private.together[operation](private.values.readAll(head.input, head.count))
  elseif operation == 7 then -- register
    private.register(pushed, head.number)
  end
  if operation > 0 and operation <= 5 then -- all but batch, enroll and register
    pushed = nil
    collectgarbage() -- so that what comes next takes the room of what is not needed again
  end
  head.memory = collectgarbage("count") * 1024
  return go -- is what the next call finds on the stack
end

local registry = debug.getregistry()
private.sized = registry._PRELOAD["table.new"]()
registry._LOADED, registry._PRELOAD = nil, nil
return tostring(cast("uintptr_t", cast("void *", head))):match("%d+"), go
