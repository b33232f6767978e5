-- Reading a device.
-- expect: refused
require('gopiper').read_file('/dev/zero')
