-- Waiting by looking at the clock.
-- expect: limit
local t = os.time() while os.time() < t + 1e6 do end
