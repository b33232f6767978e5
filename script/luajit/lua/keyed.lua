-- kv.parse for what most texts are: with the separators that are usual, of up to 4 KiB,
-- and without quotes and blanks but spaces. All else is for Go's.

local private = ...

local ffi, select, sized, type = private.ffi, private.select, private.sized, private.type
local cast, text = ffi.cast, ffi.string

local chars = ffi.typeof "const uint8_t *"
local sizeMax = 4096
local fields = 0 -- of the table before: the next one often has as many

local function parse(p, size)
  local t, count, from, i, equals, c = sized(0, fields), 0, 0, 0, -1, 0
  while i <= size do
    c = p[i]
    if c > 61 then -- most
    elseif c == 61 then
      if equals < 0 then
        equals = i
      end
    elseif c == 32 or i == size then
      if equals < 0 then
        if i > from then
          t[text(p + from, i - from)] = true
          count = count + 1
        end
      else
        if equals > from then
          t[text(p + from, equals - from)] = text(p + equals + 1, i - equals - 1)
          count = count + 1
        end
        equals = -1
      end
      from = i + 1
    elseif c == 34 or (c >= 9 and c <= 13) then
      return nil
    end
    i = i + 1
  end
  fields = count
  return t
end

-- The function that replaces Go's, which it is given.
return function(parseAny)
  return function(...)
    local given = ...
    if type(given) == "string" and select("#", ...) == 1 and #given <= sizeMax then
      local t = parse(cast(chars, given), #given)
      if t ~= nil then
        return t
      end
    end
    return parseAny(...)
  end
end
