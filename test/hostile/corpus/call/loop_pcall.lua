-- A loop in pcall, which must not catch the limit.
-- expect: limit
while true do pcall(function() while true do end end) end
