-- Load, with bytecode.
-- expect: error
return load('\27Lua')()
