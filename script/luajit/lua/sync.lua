-- sync tells the host what was assigned, beside msg.json, which it knows.

local private = ...

return function()
  if not private.told then
    return -- there was no message yet
  end
  local current, changed, data, key, timestamp, assigned, order = private.told()
  if changed == 0 or current < 0 then
    return
  end
  local list = {}
  if assigned then
    for i = 1, #order do
      list[2 * i - 1], list[2 * i] = order[i], assigned[order[i]]
    end
  end
  private.host.sync(changed, data or "", key or "", timestamp or 0, list)
end
