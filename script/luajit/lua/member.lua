-- What the module gopiper has beside constants.

local private = ...

local find, rawset, select = private.find, private.rawset, private.select
local describing = " loadComponent func createPipeline branch switch merge read_file glob "
local components = {} -- in the short form

-- component returns what makes a stage of a component in the short form.
local function component(name)
  private.values.hosted.known(name)
  if not components[name] then
    components[name] = private.describing and private.describe.component(name) or private.late(name)
  end
  return components[name]
end

local function env(name, ...)
  local value = private.values.hosted.env(name, select("#", ...) > 0)
  if value == nil then
    return (...)
  end
  return value
end

-- member returns gopiper.NAME.
local function member(name)
  local value
  if find(describing, " " .. name .. " ", 1, true) then
    return private.describing and private.describe[name] or private.late(name)
  elseif name == "null" then
    value = private.exact.null
  elseif name == "array" or name == "object" then
    value = private.marks[name]
  elseif name == "env" then
    value = env
  elseif name == "emit" then
    value = private.emit
  else
    local numbers = private.values.hosted.group(name)
    if not numbers then
      return component(name)
    end
    value = private.standard(name, numbers)
  end
  rawset(private.module, name, value)
  return value
end

return { find = member, component = component }
