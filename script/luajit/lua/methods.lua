-- msg:copy(), msg:emit(), msg:keep() and msg:release().

local private = ...

local host = private.host
local error, rawequal, type = private.error, private.rawequal, private.type

-- methods returns those of a message; told tells what it is at the moment, and is told
-- that it is kept.
return function(message, told)
  -- receiver tells the host what was assigned.
  local function receiver(m, method)
    if told() < 0 then
      private.over(3)
    elseif type(m) == "cdata" then
      return
    elseif not rawequal(m, message) then
      error("msg:" .. method .. "() is called with a colon", 3)
    end
    private.sync()
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
    -- keep tells the host all that was assigned: nothing more can be.
    keep = function(m)
      receiver(m, "keep")
      local object = host.keep(type(m) == "cdata" and m or nil)
      if type(m) ~= "cdata" then
        told(true)
      end
      return object
    end,
    release = function(m)
      receiver(m, "release")
      return host.release(type(m) == "cdata" and m or nil)
    end,
  }
end
