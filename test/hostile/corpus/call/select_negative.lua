-- Select far behind the end.
-- expect: error
return select(-2^40, 1)
