-- A description of 50 MB.
-- expect: any
return 200, ('x'):rep(5e7)
