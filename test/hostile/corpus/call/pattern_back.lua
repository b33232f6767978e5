-- Captures that are compared with all that follows.
-- expect: limit
return (('a'):rep(20000) .. 'b'):find('(.*)%1%1%1c')
