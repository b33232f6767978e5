-- Tables may be marked as what they are in JSON.

local private = ...

local error, type, rawmeta, setrawmeta = private.error, private.type, private.rawmeta, private.setrawmeta
local ofArrays, ofObjects = { __metatable = "array" }, { __metatable = "object" }

local function marker(name, mark)
  return function(value)
    if type(value) ~= "table" then
      error("gopiper." .. name .. " takes a table: gopiper." .. name .. "{ … }, not " .. private.wording.describe(value), 2)
    end
    local has = rawmeta(value)
    if has ~= nil and has ~= ofArrays and has ~= ofObjects then
      error("gopiper." .. name .. " takes a table without a metatable", 2)
    end
    setrawmeta(value, mark)
    return value
  end
end

return {
  ofArrays = ofArrays, ofObjects = ofObjects,
  array = marker("array", ofArrays), object = marker("object", ofObjects),
}
