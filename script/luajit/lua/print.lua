local private = ...

local select, tostring, hosted, where = private.select, private.tostring, private.values.hosted, private.where

-- print gives the host a line, and where it was printed.
return function(...)
  if not hosted.print then
    return
  end
  local line = ""
  for i = 1, select("#", ...) do
    line = line .. (i > 1 and "\t" or "") .. tostring((select(i, ...)))
  end
  hosted.print(line, where())
end
