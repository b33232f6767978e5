-- An endless loop while describing.
-- expect: refused
while true do end
