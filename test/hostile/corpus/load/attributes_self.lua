-- Attributes that hold themselves.
-- expect: refused
local gopiper = require('gopiper') local t = {} t.t = t gopiper.stdin{ x = t }
