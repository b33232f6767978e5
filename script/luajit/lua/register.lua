-- register sets a global, or a field of a table that is one, to a Go function. Those
-- of "gopiper" are for the module.

local private = ...

local G, match, rawget, rawset, type = private.G, private.match, private.rawget, private.rawset, private.type

return function(name, number)
  local where, last = G, name
  local part, rest = match(name, "^([^.]+)%.([^.]+)$")
  if part == "gopiper" then
    where, last = private.module, rest
  elseif part then
    where, last = rawget(G, part), rest
    if type(where) ~= "table" or where == G then
      where = {}
      rawset(G, part, where)
    end
  end
  rawset(where, last, private.values.bound(number))
end
