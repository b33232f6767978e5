-- Reading JSON without an end.
-- expect: limit
msg.data = "{}" while true do local x = msg.json.none end
