-- Gsub in a replacement of gsub.
-- expect: any
local function f() return (('x'):gsub('x', f)) end return f()
