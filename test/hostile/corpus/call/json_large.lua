-- JSON that grows without an end.
-- expect: limit
msg.data = '{}' local s = ('x'):rep(1e5) for i = 1, 1e9 do msg.json['k' .. i] = s end
