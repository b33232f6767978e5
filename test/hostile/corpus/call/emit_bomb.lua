-- Emitting without an end.
-- expect: limit
while true do msg:emit() end
