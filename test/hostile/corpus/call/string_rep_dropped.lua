-- Strings of 60 MB, one after the other, none kept.
-- expect: any
for i = 1, 1e6 do local s = ('x'):rep(60e6) end
