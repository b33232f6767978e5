-- The module gopiper, and what differs while the script describes.

local private = ...

local G, type = private.G, type
local module = { DONE = 0, CONTINUE = 1, RETRY = 100, FAIL = 200, DROP = 300 }
local modules = { gopiper = module }
private.modules = modules
private.describing = true

setmetatable(module, {
  __index = function(_, name)
    if type(name) ~= "string" then
      private.amiss.noMember(name)
    end
    return private.member.find(name)
  end,
  __newindex = function(_, name) private.amiss.member(name) end,
  __metatable = false,
})

function G.require(name)
  if modules[name] ~= nil then
    return modules[name]
  end
  return private.require(name)
end

function G.print(...)
  if not private.describing then -- else it was printed when the plan was made
    private.print(...)
  end
end

-- Time and random numbers stand still while the script describes.
for name, library in next, { time = os, date = os, clock = os, random = math, randomseed = math } do
  local original = library[name]
  library[name] = function(...)
    if private.describing then
      return private.describe.still[name](original, ...)
    end
    return original(...)
  end
end

return module
