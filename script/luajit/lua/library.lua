-- The safe library: what scripts see, as script/library.go gives it on
-- gopher-lua. What LuaJIT has and Lua 5.1 has not is taken away, and what
-- differs is made equal where that costs nothing.

local private = ...

local G = _G
local error, floor, getmetatable, log, next, rawset = error, math.floor, getmetatable, math.log, next, rawset
local setmetatable, type, tonumber, xpcall = setmetatable, type, tonumber, xpcall
local byte, find, format, gsub = string.byte, string.find, string.format, string.gsub
local match, rep, sub = string.match, string.rep, string.sub
local random, select = math.random, select
local stringMax = 64 * 2 ^ 20

local nearest = private.bound(0)

local absent = {}
for name in ("_ENV arg bit bit32 jit ngx utf8 module getfenv setfenv newproxy warn"):gmatch("%S+") do
  absent[name] = true
end

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

-- forbid returns a table that says why it is not there when it is called or
-- indexed.
local function forbid(name, why, fields)
  local function refuse(_, key)
    local full = name
    if fields and type(key) == "string" then
      full = name .. "." .. key
    end
    error(full .. " is not available in a script: " .. why, 2)
  end
  return setmetatable({}, { __index = refuse, __newindex = refuse, __call = refuse, __metatable = false })
end

local source = "a script runs no other source; use require"
G.io = forbid("io", "a script opens no files; use gopiper.read_file, or a component such as file", true)
G.debug = forbid("debug", "it could reach around the limits of a script", true)
G.package = forbid("package", "use require for modules beside the script", true)
for name in ("load loadstring loadfile dofile"):gmatch("%S+") do
  G[name] = forbid(name, source)
end
G.string.dump = forbid("string.dump", "a script cannot look at compiled functions")
for name in ("execute exit getenv remove rename setenv setlocale tmpname"):gmatch("%S+") do
  G.os[name] = forbid("os." .. name, "a script only describes and handles messages")
end

getmetatable("").__metatable = false

function G.collectgarbage()
  return 0
end

-- numberIn is the number in a string that LuaJIT takes for none: Lua ends it at a
-- zero byte.
local function numberIn(value)
  local zero = find(value, "%z")
  if zero then
    return G.tonumber(sub(value, 1, zero - 1))
  end
  return nil
end

-- wrapped is a number that was read in a base: Lua reads one without a sign, of 64
-- bits, so that those below 0 come from the other end.
local function wrapped(n, base)
  if not n or n > 0 or tonumber(base) == 10 then
    return n
  end
  return n == 0 and 0 or 2 ^ 64 + (n > -2 ^ 64 and n or 0)
end

-- LuaJIT takes 0b11 for a number.
function G.tonumber(...)
  local value, base = ...
  local kind = type(value)
  if base ~= nil and kind == "userdata" then
    return wrapped(tonumber(private.textOf(value) or value, base), base)
  elseif base ~= nil then
    return wrapped(tonumber(...), base)
  elseif kind == "nil" then
    return tonumber(...)
  elseif kind == "string" then
    local second, third = byte(value, 2, 3)
    if second == 98 or second == 66 or third == 98 or third == 66 then -- b, B
      if find(value, "^%s*[-+]?0[bB]") then
        return nil
      end
    end
    return tonumber(value) or numberIn(value)
  elseif kind == "userdata" then
    return private.numberOf(value)
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
  local count = select("#", ...)
  if count == 0 then
    return random()
  elseif count > 2 then
    error("wrong number of arguments", 2)
  end
  local low, high = 1, (...)
  if count > 1 then
    low, high = ...
  end
  local from, to = tonumber(low), tonumber(high)
  if from and to and not (floor(from) <= floor(to)) then
    error("bad argument #" .. (count > 1 and 2 or 1) .. " to 'random' (interval is empty)", 2)
  end
  return random(...)
end

-- LuaJIT takes a separator, and as much memory as there is.
function G.string.rep(value, count)
  local times = tonumber(count)
  if times and type(value) == "string" and #value * times > stringMax then
    error("a string would be longer than 64 MiB", 2)
  end
  return rep(value, count)
end

-- LuaJIT runs gsub in its interpreter of patterns. A pattern that stands for one
-- text, put in at most once, needs none: what is known of patterns and
-- replacements is the text, or false.
local texts, plain, forms, known = {}, {}, {}, 0

local function learn(memory, value, text)
  if known > 500 then
    texts, plain, forms, known = {}, {}, {}, 0
    return
  end
  memory[value], known = text, known + 1
end

local function textOf(pattern)
  if type(pattern) ~= "string" or #pattern > 100 or find(pattern, "%z") then
    return false
  end
  local left = gsub(pattern, "%%%p", "") -- escaped
  if find(left, "[%^%$%(%)%%%.%[%]%*%+%-%?]") then
    return false
  end
  local text = gsub(pattern, "%%(%p)", "%1")
  return text ~= "" and text
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
    learn(texts, pattern, textOf(pattern))
  elseif text and with == nil and type(replacement) == "string" then
    learn(plain, replacement, not find(replacement, "[%%%z]") and replacement)
  end
  return gsub(...)
end

-- LuaJIT knows more formats, quotes otherwise, and rounds what is right between
-- two texts away from zero. What is known of formats is true, that they are the
-- same, or a table: bad is what is wrong with it, slow that it is formatted piece
-- by piece, and at [i] the argument of a %f is twice what is at its last digit.
local quotes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\\n", ["\r"] = "\\r", ["\0"] = "\\000" }

local function formOf(wanted)
  local form, plain, count, at = {}, true, 0, find(wanted, "%", 1, true)
  while at do
    local _, to, flags, point, digits, verb = find(wanted, "^([-+ #0]*)%d?%d?(%.?)(%d?%d?)(.?)", at + 1)
    if to ~= at + 1 or verb ~= "%" then
      count = count + 1
      if verb == "" or #flags > 5 or point == "" and digits ~= "" or not find("cdiouxXeEfgGqs", verb, 1, true) then
        return { bad = "invalid option '" .. sub(wanted, at, to) .. "' to 'format'" }
      elseif verb == "q" or verb == "f" and count > 4 then
        form.slow, plain = true, false
      elseif verb == "f" then
        form[count], plain = 2 ^ ((tonumber(digits) or point == "" and 6 or 0) + 1), false
      end
    end
    at = find(wanted, "%", to + 1, true)
  end
  return plain or form
end

-- between tells whether a number is right between two of its texts.
local function between(value, scale)
  value = scale and tonumber(value)
  return value and value * scale % 2 == 1
end

-- evenly formats a number; one between two texts becomes the even one.
local function evenly(verb, value)
  local written, digits = format(verb, value), match(verb, "%.(%d*)")
  local scale = 2 ^ (digits and (tonumber(digits) or 0) + 1 or 7)
  if between(value, scale) and match(written, "(%d)%.? *$") % 2 == 1 then
    return format(verb, value - value * 2 ^ -52)
  end
  return written
end

-- slowly formats piece by piece.
local function slowly(wanted, ...)
  local values, at, out, begin = { ... }, 0, "", 1
  while true do
    local from, to = find(wanted, "%%[-+ #0]*%d*%.?%d*.", begin)
    if not from then
      return out .. sub(wanted, begin)
    end
    out = out .. sub(wanted, begin, from - 1)
    local verb = sub(wanted, from, to)
    local letter, value = byte(verb, -1), values[at + 1]
    if verb == "%%" then
      out, at = out .. "%", at - 1
    elseif at >= select("#", ...) then
      error("bad argument #" .. (at + 2) .. " to 'format' (no value)", 3)
    elseif letter == 102 then -- f
      out = out .. evenly(verb, value)
    elseif letter ~= 113 then -- q
      out = out .. format(verb, value)
    elseif type(value) == "string" or type(value) == "number" then
      out = out .. '"' .. gsub(value, '["\\\n\r%z]', quotes) .. '"'
    else
      error("bad argument #" .. (at + 2) .. " to 'format' (string expected, got " .. type(value) .. ")", 3)
    end
    at, begin = at + 1, to + 1
  end
end

function G.string.format(wanted, ...)
  local form = forms[wanted]
  if form == true then
    return format(wanted, ...)
  elseif form == nil then
    if type(wanted) ~= "string" then
      return format(wanted, ...)
    end
    form = formOf(wanted)
    learn(forms, wanted, form)
  end
  if form ~= true then
    if form.bad then
      error(form.bad, 2)
    end
    local a, b, c, d = ...
    if form.slow or between(a, form[1]) or between(b, form[2]) or between(c, form[3]) or between(d, form[4]) then
      return (slowly(wanted, ...))
    end
  end
  return format(wanted, ...)
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
    if type(name) ~= "string" or declared[name] or absent[name] then
      return nil
    end
    local names, count = {}, 0
    for known in next, G do
      if type(known) == "string" then
        count = count + 1
        names[count] = known
      end
    end
    local near = nearest(name, names)
    local hint = near ~= "" and '; did you mean "' .. near .. '"?' or
      "; is it spelled right, and is it local to another block?"
    error('the variable "' .. name .. '" is not defined' .. hint, 2)
  end,
  __metatable = false,
})
