-- What LuaJIT formats otherwise than Lua: see library.lua.

local private = ...

local byte, error, find, format, gsub, match = private.byte, private.error, private.find, private.format, private.gsub, private.match
local select, sub, tonumber, type = private.select, private.sub, private.tonumber, private.type

local quotes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\\n", ["\r"] = "\\r", ["\0"] = "\\000" }

local function formOf(wanted)
  local form, plain, count, at = {}, true, 0, find(wanted, "%", 1, true)
  while at do
    local _, to, flags, point, digits, verb = find(wanted, "^([-+ #0]*)%d?%d?(%.?)(%d?%d?)(.?)", at + 1)
    if to ~= at + 1 or verb ~= "%" then
      count = count + 1
      if verb == "" or #flags > 5 or point == "" and digits ~= "" or not find("cdiouxXeEfgGqs", verb, 1, true) then
        return { bad = "invalid option '" .. sub(wanted, at, to) .. "' to 'format'" }
      elseif verb == "q" or verb == "f" and count > 4 then
        form.slow, plain = true, false
      elseif verb == "f" then
        form[count], plain = 2 ^ ((tonumber(digits) or point == "" and 6 or 0) + 1), false
      end
    end
    at = find(wanted, "%", to + 1, true)
  end
  return plain or form
end

-- between tells whether a number is right between two of its texts.
local function between(value, scale)
  value = scale and tonumber(value)
  return value and value * scale % 2 == 1
end

-- evenly formats a number; one between two texts becomes the even one.
local function evenly(verb, value)
  local written, digits = format(verb, value), match(verb, "%.(%d*)")
  local scale = 2 ^ (digits and (tonumber(digits) or 0) + 1 or 7)
  if between(value, scale) and match(written, "(%d)%.? *$") % 2 == 1 then
    return format(verb, value - value * 2 ^ -52)
  end
  return written
end

-- slowly formats piece by piece.
local function slowly(wanted, ...)
  local values, at, out, begin = { ... }, 0, "", 1
  while true do
    local from, to = find(wanted, "%%[-+ #0]*%d*%.?%d*.", begin)
    if not from then
      return out .. sub(wanted, begin)
    end
    out = out .. sub(wanted, begin, from - 1)
    local verb = sub(wanted, from, to)
    local letter, value = byte(verb, -1), values[at + 1]
    if verb == "%%" then
      out, at = out .. "%", at - 1
    elseif at >= select("#", ...) then
      error("bad argument #" .. (at + 2) .. " to 'format' (no value)", 3)
    elseif letter == 102 then -- f
      out = out .. evenly(verb, value)
    elseif letter ~= 113 then -- q
      out = out .. format(verb, value)
    elseif type(value) == "string" or type(value) == "number" then
      out = out .. '"' .. gsub(value, '["\\\n\r%z]', quotes) .. '"'
    else
      error("bad argument #" .. (at + 2) .. " to 'format' (string expected, got " .. type(value) .. ")", 3)
    end
    at, begin = at + 1, to + 1
  end
end

return {
  formOf = formOf,
  -- format formats with a form that is no plain one.
  format = function(form, wanted, ...)
    if form.bad then
      error(form.bad, 2)
    end
    local a, b, c, d = ...
    if form.slow or between(a, form[1]) or between(b, form[2]) or between(c, form[3]) or between(d, form[4]) then
      return (slowly(wanted, ...))
    end
    return format(wanted, ...)
  end,
}
