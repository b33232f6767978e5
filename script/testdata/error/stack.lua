local function inner() error("broken") end
local function outer()
  inner()
  return 1
end
local a, b = 1, 2
a, b = b, a .. (outer() or "")
