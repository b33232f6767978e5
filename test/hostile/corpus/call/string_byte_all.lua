-- All bytes of 16 MiB as results.
-- expect: error
return #{ ('x'):rep(2^24):byte(1, -1) }
