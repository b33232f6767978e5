-- 20,000 elseif.
-- expect: refused
local x if x then
-- repeat 20000: elseif x then
end
