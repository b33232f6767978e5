-- A numeric for whose step is too small to move.
-- expect: limit
for i = 1e300, 2e300, 1 do end
