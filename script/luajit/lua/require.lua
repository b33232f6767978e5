-- Modules beside the script.

local private = ...

local error, load, modules, own = private.error, private.load, private.modules, private.own
local loading = {}

return function(name)
  if loading[name] then
    error('module "' .. name .. '" requires itself', 2)
  end
  private.only("require of a module that is not loaded yet")
  local file, source = private.values.hosted.module(name)
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
