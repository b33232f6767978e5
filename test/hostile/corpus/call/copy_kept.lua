-- Copies of 1 MB, all kept.
-- expect: limit
msg.data = ('x'):rep(1e6) local t = {} while true do t[#t + 1] = msg:copy() end
