-- Inserting before all others without an end.
-- expect: limit
msg.data = '[]' while true do table.insert(msg.json, 1, 1) end
