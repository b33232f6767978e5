-- A string whose size overflows 64 bits.
-- expect: error
msg.data = ('x'):rep(1e6):rep(2^60)
