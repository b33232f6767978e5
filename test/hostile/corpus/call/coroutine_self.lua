-- A coroutine that resumes itself.
-- expect: error
local co co = coroutine.create(function() return assert(coroutine.resume(co)) end) assert(coroutine.resume(co))
