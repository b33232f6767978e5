-- Collecting garbage without an end.
-- expect: limit
while true do collectgarbage('collect') end
