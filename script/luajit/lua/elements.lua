-- What is done with the elements of tables that cross. LuaJIT compiles no loop of a
-- script as a whole if one in it was compiled before. The tables that scripts pass have
-- few elements: those need no loop, for what is done with one element stands in the
-- source many times. It runs when the first table crosses.

local private = ...

local dump, load, next, rawget, rep, type = private.dump, private.load, private.next, private.rawget, private.rep, private.type
local STRING = 4

return function(writeText, writeInner, writeOdd, readInner)
  -- unrolled makes a function of what it does first, when there is an element more, what
  -- it does with it, and what it returns.
  local function unrolled(names, first, more, step, result, ...)
    local source = "local " .. names .. " = ... return function(value, a, b, c) local why " .. first
    local one = " if not (" .. more .. ") then return " .. result .. " end " .. step
    source = source .. rep(one, 12) .. " while " .. more .. " do " .. step .. " end return " .. result .. " end"
    return load(dump(load(source), true))(...)
  end

  local check = " if why then return 0, why end "

  -- (table, depth, refs): how many items there are, and what is wrong
  local writeItems = unrolled("rawget, writeInner", "local count, item = 0, rawget(value, 1)", "item ~= nil",
    "count = count + 1 why = writeInner(item, a, b)" .. check .. "item = rawget(value, count + 1) ",
    "count", rawget, writeInner)

  -- (table, depth, refs, items): how many fields there are, and what is wrong
  local writeFields = unrolled("next, type, writeText, writeInner, writeOdd, STRING",
    "local count, key, field = 0, next(value)", "key ~= nil",
    "if type(key) == 'string' then count = count + 1 writeText(STRING, key) why = writeInner(field, a, b)" .. check ..
    "elseif not (type(key) == 'number' and key >= 1 and key <= c and key % 1 == 0) then " ..
    "count = count + 1 why = writeOdd(key, field, a, b)" .. check .. "end key, field = next(value, key) ",
    "count", next, type, writeText, writeInner, writeOdd, STRING)

  -- (table, memory, offset, count): the offset behind the items, or the fields
  local readItems = unrolled("readInner", "local i = 0", "i < c",
    "i = i + 1 value[i], b = readInner(a, b) ", "b", readInner)
  local readFields = unrolled("readInner", "local i, key, field = 0", "i < c",
    "i = i + 1 key, b = readInner(a, b) field, b = readInner(a, b) value[key] = field ", "b", readInner)

  return writeItems, writeFields, readItems, readFields
end
