-- where is the innermost line of the user's own, from a level of the stack on.

local private = ...

local getinfo, own = private.getinfo, private.own

return function(level)
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
