-- What may not be done with msg and beside it. The errors are where the script has done
-- it, two calls up.

local private = ...

local error, format, tostring = private.error, private.format, private.tostring

local function noField(name)
  local hint = private.host.nearest(tostring(name), { "data", "attributes", "key", "timestamp", "json", "copy", "emit", "keep", "release" })
  error(format('a message has no field "%s"%s', tostring(name),
    hint ~= "" and '; did you mean "' .. hint .. '"?' or ""), 3)
end

return {
  noMember = function(name) error("gopiper has no field " .. tostring(name) .. "; write gopiper.NAME", 3) end,
  -- member is for assigning to the module.
  member = function(name)
    error("gopiper." .. tostring(name) .. " cannot be assigned: the module is shared by all; use a variable of your own", 3)
  end,
  -- pairs is for a first argument, if there is one, that has no fields.
  pairs = function(count, kind)
    error("bad argument #1 to 'pairs' (table expected, got " .. (count == 0 and "no value" or kind) .. ")", 3)
  end,
  noField = noField,
  -- change is for functions that must not change the message.
  change = function(mode)
    error((mode == 1 and "a `when` function" or mode == 2 and "an `order_by` function" or "after msg:keep() the function") ..
      " must not change the message", 4)
  end,
  -- assigned is for fields that cannot be assigned.
  assigned = function(name)
    if name == "copy" or name == "emit" or name == "keep" or name == "release" then
      error("msg." .. name .. " is a method and cannot be assigned", 3)
    elseif name == "attributes" then
      error("msg.attributes cannot be assigned as a whole; assign its fields: msg.attributes.name = value", 3)
    end
    noField(name)
  end,
}
