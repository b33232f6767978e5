-- Os.date in a year without an end.
-- expect: any
return os.date('%c', 1e300), os.date('!%c', -1e300), os.date('%c', 0/0)
