-- A function as bytecode.
-- expect: error
return string.dump(function() end)
