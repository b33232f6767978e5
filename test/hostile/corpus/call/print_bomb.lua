-- Printing without an end.
-- expect: limit
while true do print(('x'):rep(1e6)) end
