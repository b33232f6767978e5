-- The safe library: what scripts see, as script/library.go gives it on
-- gopher-lua. What LuaJIT has and Lua 5.1 has not is taken away, and what
-- differs is made equal where that costs nothing.

local private = ...

local G = private.G
local error, getmetatable, next, rawset = error, getmetatable, next, rawset
local setmetatable, type, tonumber, xpcall = setmetatable, type, tonumber, xpcall
local byte, find, format, gsub = string.byte, string.find, string.format, string.gsub
local rep, sub = string.rep, string.sub
local log, random, select = math.log, math.random, select
local stringMax = 32 * 2 ^ 20

-- The names that stay; all others go, in every table.
local kept = {
  "_G _VERSION assert collectgarbage coroutine error getmetatable ipairs math next os pairs pcall rawequal rawget " ..
    "rawset select setmetatable string table tonumber tostring type unpack xpcall",
  coroutine = "create resume running status wrap yield",
  math = "abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min modf pi pow " ..
    "rad random randomseed sin sinh sqrt tan tanh",
  os = "clock date difftime time",
  string = "byte char find format gmatch gsub len lower match rep reverse sub upper",
  table = "concat getn insert maxn remove sort",
}

local function keep(from, names)
  local wanted = {}
  for name in names:gmatch("%S+") do
    wanted[name] = true
  end
  for name in next, from do
    if not wanted[name] then
      from[name] = nil
    end
  end
end

keep(G, kept[1])
for name, names in next, kept do
  if name ~= 1 then
    keep(G[name], names)
  end
end

-- What is not there says why when it is called or indexed.
local forbidden, refusal = {}, { __metatable = false }
private.forbidden = forbidden -- names

local function refuse(...) return private.refuse(...) end

refusal.__index, refusal.__newindex, refusal.__call = refuse, refuse, refuse

for full in ("io debug package load loadstring loadfile dofile string.dump os.execute os.exit os.getenv os.remove " ..
  "os.rename os.setenv os.setlocale os.tmpname"):gmatch("%S+") do
  local where, name = full:match("^(.-)%.?([^.]+)$")
  local it = setmetatable({}, refusal)
  forbidden[it] = full
  rawset(where == "" and G or G[where], name, it)
end

getmetatable("").__metatable = false

function G.collectgarbage()
  return 0
end

-- LuaJIT takes 0b11 for a number.
function G.tonumber(...)
  local value, base = ...
  local kind = type(value)
  if base ~= nil then
    return private.number.inBase(...)
  elseif kind == "nil" then
    return tonumber(...)
  elseif kind == "string" then
    local second, third = byte(value, 2, 3)
    if second == 98 or second == 66 or third == 98 or third == 66 then -- b, B
      if find(value, "^%s*[-+]?0[bB]") then
        return nil
      end
    end
    return tonumber(value) or private.number.within(value)
  elseif kind == "userdata" then
    return private.number.of(value)
  end
  return tonumber(value)
end

-- LuaJIT takes a base.
function G.math.log(value)
  return log(value)
end
G.math.mod = math.fmod

-- LuaJIT minds neither an empty interval nor more arguments.
function G.math.random(...)
  if select("#", ...) == 0 then
    return random()
  end
  return private.number.random(...)
end

-- LuaJIT takes a separator, and as much memory as there is.
function G.string.rep(value, count)
  local times = tonumber(count)
  if times and type(value) == "string" and #value * times > stringMax then
    error("a string would be longer than 32 MiB", 2)
  end
  return rep(value, count)
end

-- LuaJIT runs gsub in its interpreter of patterns. A pattern that stands for one
-- text, put in at most once, needs none: what is known of patterns and
-- replacements is the text, or false.
local nothing, known = {}, 501
local texts, plain, forms = nothing, nothing, nothing

local function learn(memory, value, text)
  if known > 500 then -- or nothing is known yet
    texts, plain, forms, known = {}, {}, {}, 0
    return
  end
  memory[value], known = text, known + 1
end

function G.string.gsub(...)
  local s, pattern, replacement, limit = ...
  local text, with = texts[pattern], plain[replacement]
  if text and with and limit == nil and type(s) == "string" then
    local from, to = find(s, text, 1, true)
    if not from then
      return s, 0
    elseif not find(s, text, to + 1, true) then
      return sub(s, 1, from - 1) .. with .. sub(s, to + 1), 1
    end
  elseif text == nil and type(pattern) == "string" then
    learn(texts, pattern, private.literal(pattern))
  elseif text and with == nil and type(replacement) == "string" then
    learn(plain, replacement, not find(replacement, "[%%%z]") and replacement)
  end
  return gsub(...)
end

-- LuaJIT knows more formats, quotes otherwise, and rounds what is right between
-- two texts away from zero. What is known of formats is true, that they are the
-- same, or a table: bad is what is wrong with it, slow that it is formatted piece
-- by piece, and at [i] the argument of a %f is twice what is at its last digit.
function G.string.format(wanted, ...)
  local form = forms[wanted]
  if form == true then
    return format(wanted, ...)
  elseif form == nil then
    if type(wanted) ~= "string" then
      return format(wanted, ...)
    end
    form = private.formatting.formOf(wanted)
    learn(forms, wanted, form)
    if form == true then
      return format(wanted, ...)
    end
  end
  return private.formatting.format(form, wanted, ...)
end

-- LuaJIT hands on arguments.
function G.xpcall(f, handler)
  return xpcall(f, handler)
end

-- LuaJIT makes coroutines of what is not written in Lua, too.
local own, getinfo = private.own, private.getinfo
for _, name in next, { "create", "wrap" } do
  local original = coroutine[name]
  G.coroutine[name] = function(f)
    if type(f) == "function" and not own[getinfo(f, "S").source] then
      error("bad argument #1 to '" .. name .. "' (Lua function expected)", 2)
    end
    return original(f)
  end
end

-- Reading a global that was never assigned is an error.
local declared = {}
setmetatable(G, {
  __newindex = function(globals, name, value)
    declared[name] = true
    rawset(globals, name, value)
  end,
  __index = function(_, name)
    if type(name) ~= "string" or declared[name] then
      return nil
    end
    return private.undefined(name)
  end,
  __metatable = false,
})
