-- What functions return beside messages, and what they may not return: see result.go.

local private = ...

local report, wording = private.report, private.wording
local setOutcome, setText = report.setOutcome, report.setText
local DONE, STATUS, MISRETURN = 0, 1, 4

-- misreturned writes down what a function has returned that it may not.
local function misreturned(at, f, what)
  local info = private.getinfo(f, "S")
  local where = private.sub(info.source, 2)
  if info.linedefined > 0 then
    where = where .. ":" .. info.linedefined
  end
  return setText(at, MISRETURN, 0, where .. ": the function returned " .. what)
end

-- status writes down a status and perhaps a description; a function of a table may keep
-- a message.
local function status(at, f, keeps, kept, count, value, description, third)
  if value % 1 ~= 0 or value > 1e9 or value < -1e9 then
    return misreturned(at, f, "the status " .. private.tostring(value) .. "; a status is a whole number")
  elseif value == 1 and keeps then
    if not kept then
      return misreturned(at, f, "gopiper.CONTINUE for a message that it does not keep; msg:keep() keeps it")
    end
  elseif value == 1 then
    return misreturned(at, f, "gopiper.CONTINUE; a function cannot keep a message, because nobody would send it on; " ..
      "return nothing for done")
  elseif count > 2 then
    return misreturned(at, f, wording.describe(third) .. " behind a status and a description")
  end
  if description == nil then
    return setOutcome(at, STATUS, value)
  end
  local said = wording.textOf(description)
  if not said then
    return misreturned(at, f, wording.describe(description) .. " as the description of a status; it is a string")
  end
  return setText(at, STATUS, value, said)
end

-- key writes down the key that an order_by function has returned.
local function key(at, f, value)
  local said = wording.textOf(value)
  if not said then
    return misreturned(at, f, wording.describe(value) .. " as the key; a key is a string, a number or nil")
  end
  return setText(at, DONE, 0, said)
end

-- unfit writes down that a function returned what is neither a status nor a message.
local function unfit(at, f, first, second)
  if first == nil then
    return misreturned(at, f, "nil and " .. wording.describe(second) ..
      "; return nothing, a status such as gopiper.FAIL and a description, or messages")
  end
  return misreturned(at, f, wording.describe(first) .. "; return nothing, a status such as gopiper.DROP, or messages")
end

return { misreturned = misreturned, status = status, unfit = unfit, key = key }
