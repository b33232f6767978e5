-- Attributes that are set and listed without an end.
-- expect: limit
while true do msg.attributes.a = 'x' for k in pairs(msg.attributes) do end end
