-- The same in pcall, which may catch the error of a string that is too long.
-- expect: limit
local s = 'x' while true do pcall(function() s = s .. s end) end
