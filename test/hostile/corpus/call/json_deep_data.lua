-- Data that is JSON nested 1,000,000 deep.
-- expect: error
msg.data = ('['):rep(1e6) return msg.json[1]
