-- The functions of the standard library: gopiper.GROUP.NAME.

local private = ...

local error, next, setmetatable, tostring = private.error, private.next, private.setmetatable, private.tostring
local sub, hosted = private.sub, private.values.hosted

-- parts are the functions and groups that are in Lua, if only for what they mostly get: a
-- part of ours makes of Go's function, and its number, the one that scripts call.
local parts = { ["json.decode"] = "decode", ["kv.parse"] = "keyed", log = "logged" }

-- standard makes the function of the library that has a number.
local function standard(name, field, number)
  local std = hosted.std
  local function go(...) return std(number, ...) end
  local part = parts[name] or parts[name .. "." .. field]
  return part and private[part](go, number) or go
end

-- group makes a group of the standard library, or its only function. What the
-- name stands for as a component it still does.
return function(name, numbers)
  local functions, single = {}, nil
  for field, number in next, numbers do
    local f = standard(name, field, number)
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

