-- A replacement table whose __index loops.
-- expect: limit
return (('x'):rep(1e6):gsub('.', setmetatable({}, { __index = function(_, k) return k:rep(10) end })))
