-- Calculating with a number of a million digits.
-- expect: any
msg.data = '[1' .. ('0'):rep(1e6) .. ']' return msg.json[1] + 1
