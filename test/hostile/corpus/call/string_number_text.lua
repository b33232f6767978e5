-- A long text as a number.
-- expect: any
return tonumber(('9'):rep(60e6))
