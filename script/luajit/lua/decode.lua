-- json.decode for what most messages are: an array or object of up to 4 KiB on one line,
-- without backslashes, whose numbers have up to 15 digits and no exponent, and whose
-- names do not repeat. All else, and what is no JSON, is for Go's.

local private = ...

local ffi, setmetatable, sized, type = private.ffi, private.setmetatable, private.sized, private.type
local ofArrays, null = private.marks.ofArrays, private.exact.null
local cast, text = ffi.cast, ffi.string

local chars = ffi.typeof "const uint8_t *"

local sizeMax, depthMax = 4096, 64

-- What a string does not go on behind: its quote, what makes it one for Go's, and the
-- 0 that is behind all texts.
local ends = private.bytes(256)
for c = 0, 255 do
  ends[c] = (c < 32 or c == 34 or c == 92) and 1 or 0
end

-- quoted returns the string that begins at an offset, and the offset behind its quote;
-- nil if it is one for Go's.
local function quoted(p, from)
  local i = from
  while ends[p[i]] == 0 do
    i = i + 1
  end
  if p[i] == 34 then
    return text(p + from, i - from), i + 1
  end
end

-- The arrays and objects around the one at hand, with how many elements they have so
-- far: -1 and fewer is an object's. Those of a depth often have as many as the one
-- before.
local around, counts, items, fields = {}, {}, {}, {}
for i = 1, depthMax do
  around[i], counts[i], items[i], fields[i] = false, 0, 0, 0
end

-- value returns an array or an object, or nil if it is one for Go's. It is one loop
-- that goes round once for each member: LuaJIT compiles that best.
local function value(p, size)
  local c, i, depth = p[0], 1, 1
  local list, n, key, made, negative, scale
  if c == 123 then
    list, n = sized(0, fields[1]), -1
  elseif c == 91 then
    list, n = sized(items[1], 0), 0
  else
    return nil
  end
  while true do
    c = p[i]
    if c == 32 then
      i = i + 1
      c = p[i]
    end
    if not (n == -1 and c == 125 or n == 0 and c == 93) then -- it is not empty
      if n < 0 then
        if c ~= 34 then
          return nil
        end
        key, i = quoted(p, i + 1)
        if not key or list[key] ~= nil then
          return nil
        end
        if p[i] == 32 then
          i = i + 1
        end
        if p[i] ~= 58 then
          return nil
        end
        i = i + 1
        c = p[i]
        if c == 32 then
          i = i + 1
          c = p[i]
        end
        n = n - 1
      else
        n = n + 1
        key = n
      end
      if c == 34 then
        made, i = quoted(p, i + 1)
        if not made then
          return nil
        end
        list[key] = made
      elseif c == 123 or c == 91 then
        if depth == depthMax then
          return nil
        end
        around[depth], counts[depth] = list, n
        depth = depth + 1
        if c == 123 then
          made, n = sized(0, fields[depth]), -1
        else
          made, n = sized(items[depth], 0), 0
        end
        list[key] = made
        list = made
        i = i + 1
        goto continue
      elseif c == 116 then
        if p[i + 1] ~= 114 or p[i + 2] ~= 117 or p[i + 3] ~= 101 then
          return nil
        end
        list[key] = true
        i = i + 4
      elseif c == 102 then
        if p[i + 1] ~= 97 or p[i + 2] ~= 108 or p[i + 3] ~= 115 or p[i + 4] ~= 101 then
          return nil
        end
        list[key] = false
        i = i + 5
      elseif c == 110 then
        if p[i + 1] ~= 117 or p[i + 2] ~= 108 or p[i + 3] ~= 108 then
          return nil
        end
        list[key] = null
        i = i + 4
      else
        negative = c == 45
        if negative then
          i = i + 1
          c = p[i]
        end
        made = c - 48
        if made < 0 or made > 9 then
          return nil
        end
        i = i + 1
        c = p[i]
        if made == 0 then
          if c >= 48 and c <= 57 then
            return nil
          end
        else
          while c >= 48 and c <= 57 do
            made = made * 10 + (c - 48)
            i = i + 1
            c = p[i]
          end
        end
        if c == 46 then
          scale = 1
          i = i + 1
          c = p[i]
          while c >= 48 and c <= 57 do
            made = made * 10 + (c - 48)
            scale = scale * 10
            i = i + 1
            c = p[i]
          end
          if scale == 1 or scale > 1e15 then
            return nil
          end
        else
          scale = 1
        end
        -- So both are exact, and the quotient is the number that is nearest.
        if made >= 1e15 or c == 101 or c == 69 then
          return nil
        end
        if scale ~= 1 then
          made = made / scale
        end
        if negative then
          made = -made
        end
        list[key] = made
      end
      c = p[i]
      if c == 32 then
        i = i + 1
        c = p[i]
      end
    end
    while c ~= 44 do -- an array or object is at its end
      if n < 0 then
        if c ~= 125 then
          return nil
        end
        fields[depth] = n > -64 and -1 - n or 64
      else
        if c ~= 93 then
          return nil
        end
        setmetatable(list, ofArrays)
        items[depth] = n < 64 and n or 64
      end
      i = i + 1
      depth = depth - 1
      c = p[i]
      if c == 32 then
        i = i + 1
        c = p[i]
      end
      if depth == 0 then
        if i == size then
          return list
        end
        return nil
      end
      list, n = around[depth], counts[depth]
      around[depth] = false
    end
    i = i + 1
    ::continue::
  end
end

-- The function that replaces Go's, which it is given.
return function(decode)
  return function(...)
    local given = ...
    if type(given) == "string" then
      local size = #given
      if size <= sizeMax then
        local made = value(cast(chars, given), size)
        if made ~= nil then
          return made
        end
      end
    end
    return decode(...)
  end
end
