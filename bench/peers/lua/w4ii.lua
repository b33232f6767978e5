-- The function of bench/plans/w4ii.lua in a bare loop.
local cjson = require("cjson")
io.stdout:setvbuf("full", 65536)
local write = io.write

for line in io.lines() do
  local event = cjson.decode(line)
  if event.level ~= "debug" then
    event.env = "prod"
    write(cjson.encode(event), "\n")
  end
end
