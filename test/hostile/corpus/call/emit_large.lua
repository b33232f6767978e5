-- Emitting 1 MB without an end.
-- expect: limit
msg.data = ('x'):rep(1e6) while true do msg:emit() end
