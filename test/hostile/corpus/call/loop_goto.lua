-- A loop of goto.
-- expect: limit
::again:: goto again
