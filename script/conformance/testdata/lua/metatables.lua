Metatables and all metamethods of Lua 5.1.

--- setmetatable returns the table
local t = {}
return setmetatable(t, {}) == t

--- getmetatable
local mt = {}
return getmetatable({}), getmetatable(setmetatable({}, mt)) == mt

--- setmetatable with nil removes
local t = setmetatable({}, { __index = { x = 1 } })
setmetatable(t, nil)
return t.x, getmetatable(t)

--- setmetatable of other values is an error
= setmetatable(5, {})
= setmetatable({}, 5)
= setmetatable({})
= setmetatable()
= getmetatable()

--- __metatable protects
local t = setmetatable({}, { __metatable = "locked" })
return getmetatable(t), pcall(setmetatable, t, {}) == false

--- __index as a table
local t = setmetatable({ a = 1 }, { __index = { a = 2, b = 3 } })
return t.a, t.b, t.c

--- __index as a function
local t = setmetatable({}, { __index = function(t, k) return k .. "!" end })
return t.x, t[1], rawget(t, "x")

--- __index chains
local a = { x = 1 }
local b = setmetatable({ y = 2 }, { __index = a })
local c = setmetatable({}, { __index = b })
return c.x, c.y, c.z

--- __index returns one value
local t = setmetatable({}, { __index = function() return 1, 2 end })
return t.x

--- __index with false
local t = setmetatable({ a = false }, { __index = { a = 1 } })
return t.a

--- __newindex as a function
local log = ""
local t = setmetatable({ a = 1 }, { __newindex = function(t, k, v) log = log .. k rawset(t, k, v) end })
t.a = 2
t.b = 3
t.b = 4
return log, t.a, t.b

--- __newindex as a table
local store = {}
local t = setmetatable({}, { __newindex = store })
t.x = 1
return rawget(t, "x"), store.x

--- __call
local t = setmetatable({}, { __call = function(self, a, b) return a + b, select("#", self, a, b) end })
return t(1, 2)

--- __call in a tail call
local t = setmetatable({}, { __call = function(self, n) return n * 2 end })
local function f(n) return t(n) end
return f(21)

--- __call with pcall
local t = setmetatable({}, { __call = function(_, x) return x end })
return pcall(t, 5)

--- __add and the others
local mt = {}
local function new(v) return setmetatable({ v = v }, mt) end
local function value(x) return type(x) == "table" and x.v or x end
mt.__add = function(a, b) return "add" .. value(a) .. value(b) end
mt.__sub = function(a, b) return "sub" .. value(a) .. value(b) end
mt.__mul = function(a, b) return "mul" .. value(a) .. value(b) end
mt.__div = function(a, b) return "div" .. value(a) .. value(b) end
mt.__mod = function(a, b) return "mod" .. value(a) .. value(b) end
mt.__pow = function(a, b) return "pow" .. value(a) .. value(b) end
mt.__unm = function(a) return "unm" .. value(a) end
mt.__concat = function(a, b) return "concat" .. value(a) .. value(b) end
local a, b = new(1), new(2)
return a + b, a + 5, 5 + a, a - b, a * 2, 2 / b, a % b, b ^ a, -a, a .. b, a .. "x", "x" .. a, 1 .. a

--- arithmetic without metamethods is an error
local t = setmetatable({}, {})
return t + 1

--- the left operand's metamethod comes first
local a = setmetatable({}, { __add = function() return "a" end })
local b = setmetatable({}, { __add = function() return "b" end })
return a + b, b + a, 1 + b

--- __concat is right associative
local mt = { __concat = function(a, b) return (type(a) == "table" and "T" or a) .. "." .. (type(b) == "table" and "T" or b) end }
local t = setmetatable({}, mt)
return "a" .. "b" .. t, t .. "a" .. "b", "a" .. t .. "b"

--- __unm gets the operand
local t = setmetatable({ v = 3 }, { __unm = function(a) return -a.v end })
return -t

--- __len is not used for tables
local t = setmetatable({ 1, 2 }, { __len = function() return 42 end })
return #t

--- __eq
local mt = { __eq = function(a, b) return a.v == b.v end }
local a, b, c = setmetatable({ v = 1 }, mt), setmetatable({ v = 1 }, mt), setmetatable({ v = 2 }, mt)
return a == b, a == c, a ~= b, a ~= c, rawequal(a, b), a == 1

--- __eq must be the same of both
local a = setmetatable({}, { __eq = function() return true end })
local b = setmetatable({}, { __eq = function() return true end })
return a == b, a == {}, a == a

--- __eq is not asked for different types
local a = setmetatable({}, { __eq = function() return true end })
return a == 1, a == "x", a == nil

--- __eq results become booleans
local mt = { __eq = function() return 5 end }
local a, b = setmetatable({}, mt), setmetatable({}, mt)
return a == b, a ~= b

--- __lt and __le
local mt = { __lt = function(a, b) return a.v < b.v end, __le = function(a, b) return a.v <= b.v end }
local a, b = setmetatable({ v = 1 }, mt), setmetatable({ v = 2 }, mt)
return a < b, a > b, a <= b, a >= b, b <= b

--- __le falls back on __lt
local mt = { __lt = function(a, b) return a.v < b.v end }
local a, b = setmetatable({ v = 1 }, mt), setmetatable({ v = 2 }, mt)
return a <= b, b <= a, a >= b, a <= a

--- __lt of different metatables is an error
local a = setmetatable({}, { __lt = function() return true end })
local b = setmetatable({}, { __lt = function() return true end })
return a < b

--- __lt with a number is an error
local a = setmetatable({}, { __lt = function() return true end })
return a < 1

--- __tostring
local t = setmetatable({}, { __tostring = function(self) return "object" end })
return tostring(t), ("%s"):rep(1):format(tostring(t))

--- __tostring must return a string
local t = setmetatable({}, { __tostring = function() return 5 end })
return tostring(t)

--- __tostring that returns nil
local t = setmetatable({}, { __tostring = function() end })
return tostring(t)

--- __tostring is not used by concatenation
local t = setmetatable({}, { __tostring = function() return "x" end })
return "a" .. t

--- __mode is accepted
local t = setmetatable({}, { __mode = "k" })
t[1] = "x"
return t[1]

--- metatables are shared by classes
local Animal = {}
Animal.__index = Animal
function Animal.new(name) return setmetatable({ name = name }, Animal) end
function Animal:speak() return self.name .. " speaks" end
local Dog = setmetatable({}, { __index = Animal })
Dog.__index = Dog
function Dog.new(name) return setmetatable(Animal.new(name), Dog) end
function Dog:bark() return self.name .. " barks" end
local d = Dog.new("Rex")
return d:speak(), d:bark(), getmetatable(d) == Dog

--- default values
local function default(t, d) return setmetatable(t, { __index = function() return d end }) end
local t = default({ a = 1 }, 0)
return t.a, t.b, t.c

--- read only tables
local t = setmetatable({}, { __index = { x = 1 }, __newindex = function() error("read only") end })
return t.x, pcall(function() t.x = 2 end) == false

--- an error in a metamethod
local t = setmetatable({}, { __add = function() error("no") end })
return pcall(function() return t + 1 end) == false

--- metamethods may be called with nil
local t = setmetatable({}, { __add = function(a, b) return b == nil end })
return t + nil

--- __index of a missing method
local t = setmetatable({}, { __index = function(_, name) return function(_, x) return name .. x end end })
return t:hello(1), t:world(2)

--- the metatable of strings
local s = "x"
return s.upper == string.upper, ("x").nothing

--- __concat with numbers
local t = setmetatable({}, { __concat = function(a, b) return type(a) .. type(b) end })
return 1 .. t, t .. 1, t .. t, nil == nil

--- __concat gets nil
local t = setmetatable({}, { __concat = function(a, b) return type(a) .. type(b) end })
return t .. nil, nil .. t

--- __newindex for a field that is nil
local n = 0
local t = setmetatable({}, { __newindex = function(t, k, v) n = n + 1 end })
t.x = 1
t.x = 2
t[1] = nil
return n, t.x

--- table functions are raw
local t = setmetatable({}, { __newindex = function() error("no") end, __index = function() return 1 end })
return pcall(table.insert, t, "x"), rawget(t, 1), table.concat(t)

--- __call chains are not followed
local inner = setmetatable({}, { __call = function() return 1 end })
local outer = setmetatable({}, { __call = inner })
return pcall(outer) == false
