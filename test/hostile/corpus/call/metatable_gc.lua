-- __gc and weak tables, which there are none of.
-- expect: any
for i = 1, 1000 do setmetatable({}, { __gc = function() while true do end end, __mode = 'kv' }) end collectgarbage('collect')
