-- Attributes without an end.
-- expect: limit
for i = 1, 1e9 do msg.attributes['k' .. i] = 'x' end
