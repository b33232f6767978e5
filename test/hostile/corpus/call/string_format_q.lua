-- %q of 60 MB that all must be escaped.
-- expect: any
return ('%q'):format(('\n'):rep(60e6))
