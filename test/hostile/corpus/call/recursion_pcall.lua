-- Recursion through pcall.
-- expect: any
local function f() return pcall(f), 1 end f() local function g() pcall(g) g() end g()
