-- An error in the handler of an error, again and again.
-- expect: limit
while true do xpcall(function() error('a') end, function() error('b') end) end
