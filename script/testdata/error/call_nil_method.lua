local t = {}
t:open()
