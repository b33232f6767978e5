-- Require of what lies outside.
-- expect: error
require('../../etc/passwd')
