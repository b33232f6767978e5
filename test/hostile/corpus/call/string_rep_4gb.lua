-- A string of 4 GiB, whose size overflows 32 bits.
-- expect: error
msg.data = ('x'):rep(2^32 + 1)
