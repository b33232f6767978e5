-- How values are called, and what their text is.

local private = ...

local error, format, rawget, sub, tostring, type = private.error, private.format, private.rawget, private.sub, private.tostring, private.type
local names = private.names

local function describe(value)
  local kind = type(value)
  if kind == "nil" then
    return "nil"
  elseif kind == "string" then
    return "the string " .. format("%q", #value > 40 and sub(value, 1, 40) .. "…" or value)
  elseif kind == "number" or kind == "boolean" then
    return "the " .. kind .. " " .. tostring(value)
  elseif kind == "cdata" then
    return "a " .. private.object.nameOf(value)
  end
  if kind == "userdata" then
    local exact = rawget(private, "exact")
    return exact and (value == exact.null and "a JSON null" or exact.textOf(value) and "a exact number") or
      "a " .. (names[value] or kind)
  end
  return "a " .. kind
end

local function textOf(value)
  local kind = type(value)
  if kind == "string" then
    return value
  elseif kind == "number" then
    return tostring(value)
  elseif kind == "userdata" then
    local exact = rawget(private, "exact")
    return exact and exact.textOf(value)
  end
end

return {
  describe = describe, textOf = textOf,
  -- text returns the text of what is assigned, or raises an error where it is.
  text = function(value, what, advice)
    return textOf(value) or error(what .. ", not " .. describe(value) .. (advice or ""), 3)
  end,
}
