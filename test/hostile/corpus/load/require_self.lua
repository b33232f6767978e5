-- A module that requires itself.
-- expect: refused
require('hostile')
