-- Raising and catching errors without an end.
-- expect: limit
while true do pcall(error, 'x') end
