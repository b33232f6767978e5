-- An error that is a table with a __tostring that loops.
-- expect: any
error(setmetatable({}, { __tostring = function() while true do end end }))
