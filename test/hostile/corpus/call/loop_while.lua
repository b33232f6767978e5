-- An endless loop.
-- expect: limit
while true do end
