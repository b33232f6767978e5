-- Writing JSON without an end.
-- expect: limit
msg.data = "{}" while true do msg.json.a = 1 end
