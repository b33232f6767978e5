-- Library calls that never end.
-- expect: limit
while true do local s = ('x'):upper():lower():reverse():sub(1, 1):byte() end
