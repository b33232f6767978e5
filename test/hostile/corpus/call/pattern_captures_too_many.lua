-- More captures than there can be.
-- expect: error
return ('a'):find(('()'):rep(1000))
