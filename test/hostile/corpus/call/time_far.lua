-- Os.time in a year without an end.
-- expect: any
return os.time({ year = 1e300, month = -1e300, day = 0/0 }) and nil
