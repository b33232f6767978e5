-- stack tells how the script has got to where it is, a line for each of its functions,
-- from a level on.

local private = ...

local getinfo, own = private.getinfo, private.own

return function(level)
  local lines, count = {}, 0
  local info = getinfo(level, "Sln")
  while info and count < 20 do
    if own[info.source] and info.currentline > 0 then
      local where = "in function <" .. info.short_src .. ":" .. info.linedefined .. ">"
      if info.what == "main" then
        where = "in main chunk"
      elseif info.name and own[(getinfo(level + 1, "S") or info).source] then -- by the user's own code
        where = "in function '" .. info.name .. "'"
      end
      count = count + 1
      lines[count] = info.short_src .. ":" .. info.currentline .. ": " .. where .. "\n"
    end
    level = level + 1
    info = getinfo(level, "Sln")
  end
  local all = ""
  for i = 1, count do
    all = all .. lines[i]
  end
  return all
end
