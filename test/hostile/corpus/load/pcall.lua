-- The same in pcall.
-- expect: refused
pcall(function() while true do end end)
