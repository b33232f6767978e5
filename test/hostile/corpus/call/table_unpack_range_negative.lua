-- Unpack of a range whose size overflows.
-- expect: error
return unpack({}, -2^53, 2^53)
