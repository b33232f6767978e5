-- refuse says why a script has not what it calls or indexes.

local private = ...

local error, type, forbidden = private.error, private.type, private.forbidden
local source = "a script runs no other source; use require"
local reasons = {
  io = "a script opens no files; use gopiper.read_file, or a component such as file",
  debug = "it could reach around the limits of a script",
  package = "use require for modules beside the script",
  load = source, loadstring = source, loadfile = source, dofile = source,
  ["string.dump"] = "a script cannot look at compiled functions",
}

return function(it, key)
  local name = forbidden[it]
  local why = reasons[name] or "a script only describes and handles messages"
  if type(key) == "string" and (name == "io" or name == "debug" or name == "package") then
    name = name .. "." .. key
  end
  error(name .. " is not available in a script: " .. why, 2)
end
