-- An error in __tostring of what is printed.
-- expect: error
print(setmetatable({}, { __tostring = function() error('x') end }))
