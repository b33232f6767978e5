-- What a script describes a plan with. It makes no plan: it only notes the functions,
-- in the order that package script notes them in, so that each is found again by its
-- file, its line and its turn there.

local private = ...

local error, getmetatable, newproxy, next, rawget = private.error, private.getmetatable, private.newproxy, private.next, private.rawget
local head, type, hosted, only = private.head, private.type, private.values.hosted, private.only

local described = {} -- functions
local owners = {}    -- and the tables that they handle messages for, by their places
local describe = {}

-- finish ends the description. The functions of the plan are the output: of each its
-- number, its line, the size of the name of its source, and that.
function describe.finish()
  private.describing = false
  if hosted.seed then
    private.randomseed(hosted.seed())
  end
  private.begin()
  for i = 1, #described do
    local info = private.getinfo(described[i], "S")
    local functions = private.functions
    functions[#functions + 1] = described[i]
    private.owners[#functions] = owners[i]
    local at = private.room(12 + #info.source)
    local p = private.ffi.cast(private.words, head.output + at)
    p[0], p[1], p[2] = #functions, info.linedefined > 0 and info.linedefined or 0, #info.source
    private.ffi.copy(p + 3, info.source, #info.source)
  end
  head.handled = #described
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

function describe.loadComponent(_, attributes)
  only("gopiper.loadComponent")
  return of(attributes)
end

function describe.func(options)
  only("gopiper.func")
  if type(options) == "table" and not life(options) then
    note(rawget(options, 1))
    note(rawget(options, "order_by"))
  end
  return stage
end

describe.note, describe.stages, describe.stage = note, stages, stage

function describe.createPipeline(list, options)
  only("gopiper.createPipeline")
  stages(list)
  if type(options) == "table" then
    stages(rawget(options, "failed"))
  end
end

-- component returns what makes a stage of a component in the short form.
function describe.component(name)
  return function(attributes)
    only("gopiper." .. name)
    return of(attributes)
  end
end

-- The rest is rarely needed.
return private.setmetatable(describe, { __index = function(_, name) return private.sketch[name] end })
