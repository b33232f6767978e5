-- The functions of the standard library: gopiper.GROUP.NAME.

local private = ...

local error, next, setmetatable, tostring = private.error, private.next, private.setmetatable, private.tostring
local sub, hosted = private.sub, private.values.hosted

-- standard makes the function of the library that has a number.
local function standard(number, logs)
  local std = hosted.std
  if logs then
    local written, place, where = hosted.logs, hosted.place, private.where
    return function(...)
      if written(number) then -- else it is called for its errors
        place(where(3))
      end
      return std(number, ...)
    end
  end
  return function(...) return std(number, ...) end
end

-- hot are the functions that are in Lua for what they mostly get; the part of ours makes
-- of Go's function the one that scripts call.
local hot = { ["json.decode"] = "decode", ["kv.parse"] = "keyed" }

-- group makes a group of the standard library, or its only function. What the
-- name stands for as a component it still does.
return function(name, numbers)
  local functions, single = {}, nil
  for field, number in next, numbers do
    local f, part = standard(number, name == "log"), hot[name .. "." .. field]
    if part then
      f = private[part](f)
    end
    if field == "" then
      single = f
    elseif sub(field, 1, 1) == ":" then
      private.object.methods[name][sub(field, 2)] = f
    else
      functions[field] = f
    end
  end
  return single or setmetatable(functions, {
    __index = function(_, field) error("gopiper." .. name .. ' has no function "' .. tostring(field) .. '"', 2) end,
    __newindex = function(_, field)
      error("gopiper." .. name .. "." .. tostring(field) ..
        " cannot be assigned: the library is shared by all; use a variable of your own", 2)
    end,
    __call = function(_, attributes) return private.member.component(name)(attributes) end,
    __metatable = false,
  })
end

