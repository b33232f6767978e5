-- The function of bench/plans/w4i.lua in a bare loop.
io.stdout:setvbuf("full", 65536)
local write = io.write

for line in io.lines() do
  write(string.upper((string.gsub(line, "HTTP/1%.1", "HTTP/2.0"))), "\n")
end
