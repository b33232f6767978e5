-- A string of 200 MB.
-- expect: error
msg.data = ('x'):rep(200e6)
