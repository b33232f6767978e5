-- The functions of the library that take tables take objects.

local private = ...

local G, table = private.G, table
local getmetatable, next, select, type = getmetatable, next, select, type
local iterators = private.iterators

-- kindOf is type for scripts: they know no cdata.
local function kindOf(...)
  local kind = type(...)
  return kind == "cdata" and "userdata" or kind
end

function G.pairs(...)
  local value = ...
  local kind = type(value)
  if kind == "table" then
    return next, value, nil
  elseif kind == "cdata" then
    return private.object.pairs(value)
  elseif kind == "userdata" and iterators[value] then
    return iterators[value]()
  end
  private.amiss.pairs(select("#", ...), kind)
end

local ipairs, insert, remove = ipairs, table.insert, table.remove

function G.ipairs(...)
  local value = ...
  if type(value) == "cdata" then
    return private.host.element, value, 0
  end
  return ipairs(...)
end

function G.next(...)
  local value, key = ...
  if type(value) == "cdata" then
    return private.host.next(value, key)
  end
  return next(...)
end

function table.insert(...)
  if type((...)) == "cdata" then
    return private.host.insert(...)
  end
  return insert(...)
end

function table.remove(...)
  if type((...)) == "cdata" then
    return private.host.remove(...)
  end
  return remove(...)
end

for name, where in next, { unpack = G, concat = table, getn = table, maxn = table } do
  local original = where[name]
  where[name] = function(value, ...)
    if type(value) == "cdata" then
      value = private.host.elements(value)
    end
    return original(value, ...)
  end
end

G.type = kindOf

function G.getmetatable(...)
  local value = ...
  if type(value) == "cdata" then
    return private.object.nameOf(value)
  end
  return getmetatable(...)
end
