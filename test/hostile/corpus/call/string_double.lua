-- A string that doubles until memory ends.
-- expect: any
local s = 'x' while true do s = s .. s end
