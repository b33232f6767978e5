-- A pattern of 100,000 items.
-- expect: any
return (('a'):rep(10)):find(('a?'):rep(100000))
