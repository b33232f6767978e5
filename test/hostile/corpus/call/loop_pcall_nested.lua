-- Pcall in pcall in pcall, each of which goes on.
-- expect: limit
local function deep(n) if n == 0 then while true do end end pcall(deep, n - 1) while true do end end
deep(100)
