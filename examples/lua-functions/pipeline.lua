-- A Lua function is a component: it changes, drops, splits and fails messages.
--
--   $ build/gopiper run examples/lua-functions/pipeline.lua < examples/lua-functions/input.txt
--   $ cat build/examples/failed.txt

local gopiper = require("gopiper")

-- Returning nothing lets the message through; a status says otherwise.
local function comments(msg)
  if msg.data:sub(1, 1) == "#" then
    return gopiper.DROP
  end
end

-- Attributes travel with a message and are not part of its data.
local function classify(msg)
  msg.attributes.kind = tonumber(msg.data:match("^%S+")) and "number" or "word"
end

-- Returning strings splits the message: they take its place, with its
-- attributes. Returning a table sets more than the data.
local function words(msg)
  local parts = {}
  for word in msg.data:gmatch("%S+") do
    table.insert(parts, word)
  end
  return unpack(parts)
end

-- The variable belongs to the stage's only worker. With workers = 4 there were
-- four of them, and `gopiper check` would warn.
local line = 0
local function number(msg)
  line = line + 1
  msg.data = line .. " " .. msg.attributes.kind .. " " .. msg.data
end

-- A status from 200 to 299 fails the message.
local function known(msg)
  if msg.data == "heron" then
    return 201, "no herons here"
  end
end

gopiper.createPipeline({
  gopiper.stdin{},
  comments,
  classify,
  words,
  known,
  number,
  gopiper.stdout{},
}, {
  failed = {
    function(msg)
      local a = msg.attributes
      msg.data = string.format("failed in %s with %s: %s", a.failed_stage, a.failed_status, a.failed_description)
    end,
    gopiper.file{ path = "build/examples/failed.txt", append = false },
  },
})
