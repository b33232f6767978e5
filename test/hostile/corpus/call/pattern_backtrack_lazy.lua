-- Lazy items, one behind the other.
-- expect: limit
return (('a'):rep(5000)):find('.-.-.-.-.-.-b')
