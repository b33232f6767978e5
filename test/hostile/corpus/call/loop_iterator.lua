-- A generic for whose iterator never returns nil.
-- expect: limit
for x in function() return 1 end do end
