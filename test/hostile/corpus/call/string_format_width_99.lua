-- The widest format, as often as possible.
-- expect: limit
while true do local s = ('%99d'):rep(1):format(1) end
