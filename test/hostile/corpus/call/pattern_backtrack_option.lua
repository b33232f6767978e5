-- A pattern of many options, each tried with and without.
-- expect: limit
return (('a'):rep(40)):find(('a?'):rep(40) .. ('a'):rep(40) .. 'b')
