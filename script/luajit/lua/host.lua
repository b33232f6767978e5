-- The functions of the host, which luajit.Names lists behind nearest: host.NAME. Each
-- is made when it is used first.

local private = ...

local setmetatable = private.setmetatable
local numbers, number = {}, -1
for name in private.gmatch("nearest json assign forget data get set length text walk step next element insert remove elements " ..
  "copy emit snapshot sync calculate compare keep release emitFrom", "%S+") do
  number = number + 1
  numbers[name] = number
end
-- What calls them in its own name has errors be where it was called.
local levels = { json = 3, forget = 3, walk = 3, elements = 3, sync = 5, text = 3, keep = 3, emitFrom = 3 }

return setmetatable({}, { __index = function(host, name)
  local f = private.values.bound(numbers[name], levels[name])
  host[name] = f
  return f
end })
