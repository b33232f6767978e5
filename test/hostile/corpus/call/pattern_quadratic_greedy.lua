-- The same, greedy, on 3 MiB.
-- expect: limit
return (('x'):rep(3 * 2^20)):find('.*b')
