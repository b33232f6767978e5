-- Math.random over all numbers.
-- expect: error
return math.random(-1e308, 1e308)
