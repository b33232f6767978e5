-- A replacement that loops.
-- expect: limit
return (('x'):gsub('x', function() while true do end end))
