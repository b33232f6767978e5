-- literal returns the text that a pattern stands for, or false if that is not one.

local private = ...

local find, gsub, type = private.find, private.gsub, private.type

return function(pattern)
  if type(pattern) ~= "string" or #pattern > 100 or find(pattern, "%z") then
    return false
  end
  local left = gsub(pattern, "%%%p", "") -- escaped
  if find(left, "[%^%$%(%)%%%.%[%]%*%+%-%?]") then
    return false
  end
  local text = gsub(pattern, "%%(%p)", "%1")
  return text ~= "" and text
end
