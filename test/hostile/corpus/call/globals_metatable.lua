-- Taking the guard off the globals.
-- expect: error
setmetatable(_G, nil)
