-- 50,000 blocks in blocks.
-- expect: refused
-- repeat 50000: do

