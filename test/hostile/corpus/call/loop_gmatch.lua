-- Gmatch over one string in an endless loop.
-- expect: limit
while true do for w in ('a b c d e f g'):gmatch('%a+') do end end
