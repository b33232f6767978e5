-- As many captures as there can be, in every way.
-- expect: limit
return (('a'):rep(64)):find(('(a*)'):rep(31) .. 'b')
