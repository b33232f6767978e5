-- Taking the limit off with debug.
-- expect: error
debug.sethook()
