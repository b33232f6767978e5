-- Opening a file.
-- expect: error
io.open('/etc/passwd')
