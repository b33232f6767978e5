-- A table that is called through a chain of __call.
-- expect: any
local f = print for i = 1, 500 do f = setmetatable({}, { __call = f }) end f()
