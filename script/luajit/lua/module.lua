-- The module gopiper, and what differs while the script describes. It makes no
-- plan: it only notes the functions, in the order that package script notes them
-- in, so that each is found again by its file, its line and its turn there.

local private = ...

local bound, null = private.bound, private.null
local error, getmetatable, newproxy, next, rawget, rawset, select = error, getmetatable, private.newproxy, next, rawget, rawset, select
local setmetatable, tostring, type = setmetatable, tostring, private.kindOf
local floor = math.floor
local G = _G

local describing = true
local described = {} -- functions
local owners = {}    -- and the tables that they handle messages for, by their places
private.owners = owners
local hosted = {}    -- what the host has registered for us: "host.NAME"
private.hosted = hosted

-- finish ends the description and returns the functions of the plan.
function private.finish()
  describing = false
  local list = described
  described = {}
  if hosted.seed then
    math.randomseed(hosted.seed())
  end
  return private.unpack(list, 1, #list)
end

local function only(what)
  if not describing then
    error(what .. " is for describing and cannot be called while messages are handled; call it outside the function", 3)
  end
end

local function note(value)
  if type(value) == "function" then
    described[#described + 1] = value
  end
end

-- A stage is only for lists: it says so if it is used for anything else.
local stage = newproxy(true)
local stageMeta = getmetatable(stage)
stageMeta.__metatable = "stage"
stageMeta.__tostring = function() return "stage" end
stageMeta.__index = function() error("a stage has no fields to read; it is only for the list of a pipeline", 2) end
private.names[stage] = "stage"

-- A table of functions is a stage; its attributes may be among them.
local parts = { "init", "timer", "flush", "close" }
local function life(value)
  local handle = rawget(value, "handle") or rawget(value, "handle_batch")
  if handle == nil then
    return false
  end
  note(handle)
  if type(handle) == "function" then
    owners[#described] = value
  end
  note(rawget(value, "order_by"))
  for i = 1, #parts do
    note(rawget(value, parts[i]))
  end
  return true
end

local function stages(list)
  if type(list) ~= "table" then
    return
  end
  local last = 0
  for key in next, list do
    if type(key) == "number" and key > last then
      last = key
    end
  end
  for i = 1, last do
    local value = rawget(list, i)
    if type(value) ~= "table" or not life(value) then
      note(value)
    end
  end
end

-- of notes the functions among the attributes of a stage.
local function of(attributes)
  if type(attributes) == "table" then
    note(rawget(attributes, "order_by"))
  end
  return stage
end

local module = { null = null, array = private.array, object = private.objectTable,
  DONE = 0, CONTINUE = 1, RETRY = 100, FAIL = 200, DROP = 300 }
private.module = module

function module.loadComponent(_, attributes)
  only("gopiper.loadComponent")
  return of(attributes)
end

module["func"] = function(options)
  only("gopiper.func")
  if type(options) == "table" and not life(options) then
    note(rawget(options, 1))
    note(rawget(options, "order_by"))
  end
  return stage
end

function module.emit(message, from)
  if describing then
    error("gopiper.emit is for handling messages and cannot be called while the script describes; call it in a function of a stage", 2)
  end
  private.sync()
  private.host.emitFrom(message, from)
end

function module.createPipeline(list, options)
  only("gopiper.createPipeline")
  stages(list)
  if type(options) == "table" then
    stages(rawget(options, "failed"))
  end
end

local function composition(name)
  return function(branches)
    only("gopiper." .. name)
    if type(branches) == "table" then
      for key, fork in next, branches do
        if type(key) == "number" and type(fork) == "table" then
          if name == "switch" then
            note(rawget(fork, "when"))
          end
          stages(fork)
        end
      end
    end
    return stage
  end
end
module.branch, module.switch, module.merge = composition("branch"), composition("switch"), composition("merge")

function module.env(name, ...)
  local value = hosted.env(name, select("#", ...) > 0)
  if value == nil then
    return (...)
  end
  return value
end

function module.read_file(path)
  only("gopiper.read_file")
  return hosted.read_file(path)
end

function module.glob(pattern)
  only("gopiper.glob")
  return hosted.glob(pattern)
end

local short = {}
local function shortForm(name)
  hosted.known(name)
  short[name] = function(attributes)
    only("gopiper." .. name)
    return of(attributes)
  end
  return short[name]
end

-- standard makes the function of the library that has a number.
local function standard(number, logs)
  local std, log, where = hosted.std, hosted.log, private.where
  if logs then
    return function(...)
      local file, line = where(3)
      return log(file, line, number, ...)
    end
  end
  return function(...) return std(number, ...) end
end

-- group makes a group of the standard library, or its only function. What the
-- name stands for as a component it still does.
local function group(name, numbers)
  local functions, single = {}, nil
  for field, number in next, numbers do
    local f = standard(number, name == "log")
    if field == "" then
      single = f
    elseif field:sub(1, 1) == ":" then
      private.methods[name][field:sub(2)] = f
    else
      functions[field] = f
    end
  end
  return single or setmetatable(functions, {
    __index = function(_, field) error("gopiper." .. name .. ' has no function "' .. tostring(field) .. '"', 2) end,
    __newindex = function(_, field)
      error("gopiper." .. name .. "." .. tostring(field) ..
        " cannot be assigned: the library is shared by all; use a variable of your own", 2)
    end,
    __call = function(_, attributes) return (short[name] or shortForm(name))(attributes) end,
    __metatable = false,
  })
end

setmetatable(module, {
  __index = function(_, name)
    if type(name) ~= "string" then
      error("gopiper has no field " .. tostring(name) .. "; write gopiper.NAME", 2)
    end
    if short[name] then
      return short[name]
    end
    local numbers = hosted.group(name)
    if numbers then
      local made = group(name, numbers)
      rawset(module, name, made)
      return made
    end
    return shortForm(name)
  end,
  __newindex = function(_, name)
    error("gopiper." .. tostring(name) .. " cannot be assigned: the module is shared by all; use a variable of your own", 2)
  end,
  __metatable = false,
})

-- Modules beside the script.
local modules, loading = { gopiper = module }, {}
local own, load = private.own, private.load

function G.require(name)
  if modules[name] ~= nil then
    return modules[name]
  elseif loading[name] then
    error('module "' .. name .. '" requires itself', 2)
  end
  only("require of a module that is not loaded yet")
  local file, source = hosted.module(name)
  own["@" .. file] = true
  local chunk, why = load(source, "@" .. file, "t")
  if not chunk then
    error(why, 0)
  end
  loading[name] = true
  local value = chunk(name)
  loading[name] = nil
  if value == nil then
    value = true
  end
  modules[name] = value
  return value
end

function G.print(...)
  if describing or not hosted.print then
    return -- it was printed when the plan was made
  end
  local line = ""
  for i = 1, select("#", ...) do
    line = line .. (i > 1 and "\t" or "") .. tostring((select(i, ...)))
  end
  hosted.print(line, private.where())
end

-- Time and random numbers stand still while the script describes.
local date, time, clock, random, randomseed = os.date, os.time, os.clock, math.random, math.randomseed

function os.time(...)
  if describing and (...) == nil then
    return hosted.now()
  end
  return time(...)
end

function os.date(format, at, ...)
  if describing and at == nil then
    at = hosted.now()
  end
  return date(format, at, ...)
end

function os.clock() return describing and 0 or clock() end

function math.random(...)
  if describing then
    return hosted.random(...)
  end
  return random(...)
end

function math.randomseed(seed)
  if describing then
    return hosted.randomseed(seed)
  end
  return randomseed(seed)
end
