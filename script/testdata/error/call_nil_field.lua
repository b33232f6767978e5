local t = {}
t.open()
