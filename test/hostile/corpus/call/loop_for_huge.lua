-- A numeric for that counts for years.
-- expect: limit
for i = 1, 1e308 do end
