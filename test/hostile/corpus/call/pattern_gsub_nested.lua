-- A replacement that replaces, and so on.
-- expect: any
local function f(s) return (s:gsub('.', f)) end
return f('abc')
