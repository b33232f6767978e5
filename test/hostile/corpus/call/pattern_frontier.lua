-- Frontiers at every place of a long string.
-- expect: limit
local s = ('ab '):rep(2^19) while true do s:gsub('%f[%w]%w-%f[%W]', '') end
