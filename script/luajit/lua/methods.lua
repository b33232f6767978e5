-- msg:copy() and msg:emit().

local private = ...

local error, host, rawequal, type = private.error, private.host, private.rawequal, private.type

-- methods returns those of a message; told returns what it is at the moment.
return function(message, told)
  -- receiver tells the host what was assigned, beside msg.json, which it knows.
  local function receiver(m, method)
    local current, changed, data, key, timestamp, assigned, order = told()
    if current < 0 then
      private.over(3)
    elseif type(m) == "cdata" then
      return
    elseif not rawequal(m, message) then
      error("msg:" .. method .. "() is called with a colon", 3)
    end
    if changed == 0 then
      return
    end
    local list = {}
    if assigned then
      for i = 1, #order do
        list[2 * i - 1], list[2 * i] = order[i], assigned[order[i]]
      end
    end
    host.sync(changed, data or "", key or "", timestamp or 0, list)
  end
  return {
    copy = function(m)
      receiver(m, "copy")
      return host.copy(type(m) == "cdata" and m or nil)
    end,
    emit = function(m)
      receiver(m, "emit")
      return host.emit(type(m) == "cdata" and m or nil)
    end,
  }
end
