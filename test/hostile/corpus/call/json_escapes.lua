-- Text that is six times as long as JSON.
-- expect: any
msg.json = ('\1'):rep(60e6)
