-- Reading a global that was never assigned is an error, unless it is of another
-- version of Lua: scripts ask for those.

local private = ...

local error, find, next, type, G = private.error, private.find, private.next, private.type, private.G
local absent = " _ENV arg bit bit32 jit ngx utf8 module getfenv setfenv newproxy warn "

return function(name)
  if find(absent, " " .. name .. " ", 1, true) then
    return nil
  end
  local names, count = {}, 0
  for known in next, G do
    if type(known) == "string" then
      count = count + 1
      names[count] = known
    end
  end
  local near = private.host.nearest(name, names)
  local hint = near ~= "" and '; did you mean "' .. near .. '"?' or
    "; is it spelled right, and is it local to another block?"
  error('the variable "' .. name .. '" is not defined' .. hint, 2)
end
