-- The environment of others.
-- expect: error
getfenv(0)
