-- A script that describes nothing.
-- expect: refused

