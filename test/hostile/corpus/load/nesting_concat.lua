-- 20,000 operands of ...
-- expect: refused
local x = ''
-- repeat 20000: .. 'x'

