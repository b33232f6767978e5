-- Newproxy with __gc.
-- expect: error
newproxy(true)
