-- where is the innermost line of the user's own, from a level of the stack on.

local private = ...

local getinfo, own = private.getinfo, private.own

-- The files of functions, false where they are not the user's: what debug.getinfo tells
-- of a function's source costs more than the rest.
local files = private.setmetatable({}, { __mode = "k" })

local function fileOf(f)
  local source = getinfo(f, "S").source
  local file = own[source] and source:sub(2) or false
  files[f] = file
  return file
end

return function(level)
  level = level or 2
  local info = getinfo(level, "fl")
  while info do
    local f, line = info.func, info.currentline
    if f and line > 0 then
      local file = files[f]
      if file == nil then
        file = fileOf(f)
      end
      if file then
        return file, line
      end
    end
    level = level + 1
    info = getinfo(level, "fl")
  end
  return "", 0
end
