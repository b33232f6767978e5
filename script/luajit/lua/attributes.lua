-- What pairs(msg.attributes) goes through.

local private = ...

local text = private.ffi.string

-- attributes walks through the attributes of a message as they are now, in the order
-- that they were set in: m is the message, stored all attributes of the batch.
return function(input, m, stored, assigned, order)
  local names, values, count = {}, {}, 0
  for i = m[4] * 4, (m[4] + m[5] - 1) * 4, 4 do
    local name = text(input + stored[i], stored[i + 1])
    local value = assigned and assigned[name]
    if value == nil or not assigned then
      value = text(input + stored[i + 2], stored[i + 3])
    end
    count = count + 1
    names[count], values[count], names[name] = name, value, true
  end
  for i = 1, order and #order or 0 do
    local name = order[i]
    if not names[name] then
      count = count + 1
      names[count], values[count] = name, assigned[name]
    end
  end
  local at = 0
  return function()
    repeat
      at = at + 1
    until at > count or values[at]
    return names[at], values[at]
  end, nil, nil
end
