-- A pattern that tries every way to split a string.
-- expect: limit
return (('a'):rep(30) .. 'b'):find(('a*'):rep(15) .. 'c')
