-- %b from every place, none of which is closed.
-- expect: limit
return (('('):rep(2^20)):find('%b()')
