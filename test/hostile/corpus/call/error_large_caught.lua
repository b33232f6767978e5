-- Errors of 30 MB, caught.
-- expect: limit
local s = ('x'):rep(3e7) while true do pcall(error, s) end
