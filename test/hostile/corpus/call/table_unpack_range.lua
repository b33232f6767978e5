-- Unpack of a range that never ends.
-- expect: error
return unpack({}, 1, 1e9)
