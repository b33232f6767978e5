-- A status that is no number of any use.
-- expect: any
return 1e308
