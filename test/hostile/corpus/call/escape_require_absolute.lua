-- Require of an absolute path.
-- expect: error
require('/etc/passwd')
