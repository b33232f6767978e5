-- An error of 50 MB.
-- expect: any
error(('x'):rep(5e7))
