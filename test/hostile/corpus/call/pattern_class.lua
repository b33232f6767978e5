-- A set of many ranges for every byte.
-- expect: limit
local set = '[^' .. ('a-z0-9'):rep(2000) .. ']+b' return (('!'):rep(2^18)):find(set)
