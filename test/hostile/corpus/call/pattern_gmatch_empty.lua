-- Gmatch of nothing at every place of 8 MiB.
-- expect: limit
for _ in ('x'):rep(2^23):gmatch('()') do end
