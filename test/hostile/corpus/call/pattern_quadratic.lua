-- A pattern that goes to the end from every place.
-- expect: limit
return (('x'):rep(2^20)):find('.-b')
