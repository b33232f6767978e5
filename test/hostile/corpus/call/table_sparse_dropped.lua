-- The same, with nothing kept.
-- expect: limit
while true do local t = {} t[2^20 - 1] = 1 end
