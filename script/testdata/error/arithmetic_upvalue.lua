local total
local function add() return total + 1 end
add()
