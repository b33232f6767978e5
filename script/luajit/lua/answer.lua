-- answer tells Go what a protected call has returned, or why it failed.

local private = ...

local head, select, values = private.head, private.select, private.values

local function fail(...)
  head.scratch_used, head.too_deep = 0, 0
  for i = 1, select("#", ...) do
    values.write((select(i, ...)), 0)
  end
  head.failed, head.count = 1, select("#", ...)
end

return function(ok, ...)
  if not ok then
    return fail(private.problem((...)))
  end
  head.scratch_used, head.too_deep = 0, 0
  for i = 1, select("#", ...) do
    local why = values.write((select(i, ...)), 0, true)
    if why then
      return fail("the script returned " .. why .. ", which cannot be passed to Go", "")
    end
  end
  head.count = select("#", ...)
end
