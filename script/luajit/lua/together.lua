-- Functions of tables of functions that are called without a message at hand.

local private = ...

local head, functions = private.head, private.functions

-- call calls a function and tells Go whether it went well.
local function call(number, argument)
  private.compile()
  head.begun, head.current = head.begun + 1, -1
  local ok, value = private.xpcall(functions[number], private.caught, argument)
  if not ok then
    private.answer(false, value)
  end
  head.count = ok and 0 or head.count
  return ok, value
end

return {
  -- invoke calls a function with the table that it belongs to, and with no message.
  [8] = function(number, owner) call(number, private.owners[owner]) end,
  -- together calls a function with a list of messages that the host has, and answers
  -- with what it returns.
  [9] = function(number, count, generation)
    local list = {}
    for i = 1, count do
      list[i] = private.object.batched(i - 1, generation)
    end
    local ok, value = call(number, list)
    if ok then
      head.scratch_used, head.too_deep = 0, 0
      private.values.write(value, 0)
      head.count = 1
    end
  end,
}
