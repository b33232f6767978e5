-- A width of five digits.
-- expect: error
return ('%99999d'):format(1)
