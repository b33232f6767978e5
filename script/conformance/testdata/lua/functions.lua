Functions, closures, varargs, calls and methods.

--- closures count
local function counter() local n = 0 return function() n = n + 1 return n end end
local a, b = counter(), counter()
return a(), a(), b(), a()

--- closures share an upvalue
local function pair() local v = 0 return function(x) v = x end, function() return v end end
local set, get = pair()
set(42)
return get()

--- closures of a numeric for have their own variable
local list = {}
for i = 1, 3 do list[i] = function() return i end end
return list[1](), list[2](), list[3]()

--- closures of a numeric for change their own variable
local list = {}
for i = 1, 3 do list[i] = function() i = i + 10 return i end end
return list[1](), list[1](), list[2](), list[3]()

--- closures of a generic for have their own variables
local list = {}
for k, v in ipairs({ "a", "b" }) do list[k] = function() return k .. v end end
return list[1](), list[2]()

--- closures of a while loop have their own local
local list, i = {}, 1
while i <= 3 do
  local j = i
  list[i] = function() j = j * 2 return j end
  i = i + 1
end
return list[1](), list[2](), list[3](), list[3]()

--- closures over a loop that breaks
local f
for i = 1, 10 do
  local x = i * 2
  f = function() return x end
  if i == 4 then break end
end
return f()

--- upvalues of upvalues
local x = 1
local function a()
  return function()
    return function() x = x + 1 return x end
  end
end
return a()()(), x

--- varargs
local function f(...) return ... end
return f(1, nil, 3)

--- varargs count
local function f(...) return select("#", ...) end
return f(), f(nil), f(nil, nil), f(1, nil, nil)

--- varargs in the middle are one
local function f(...) return ..., "end" end
return f(1, 2, 3)

--- varargs in parentheses are one
local function f(...) return (...) end
return f(1, 2, 3), f()

--- varargs in a table
local function f(...) local t = { ... } return #t, t[1], t[3] end
return f("a", "b", "c")

--- varargs in a table with more
local function f(...) local t = { 0, ..., 9 } return #t, t[2], t[3] end
return f("a", "b", "c")

--- varargs after parameters
local function f(a, b, ...) return b, select("#", ...), ... end
return f(1, 2, 3, 4)

--- varargs as arguments
local function g(...) return select("#", ...) end
local function f(...) return g(...), g(..., 1), g(1, ...) end
return f(1, 2, 3)

--- varargs are seen by inner functions only as arguments
local function f(...)
  local list = { ... }
  return function() return #list end
end
return f(1, 2)()

--- varargs assigned
local function f(...) local a, b, c = ... return c, b, a end
return f(1, 2)

--- select
= select(2, "a", "b", "c")
= select(-1, "a", "b", "c")
= select(-2, "a", "b", "c")
= select("#")
= select("#", nil, nil)
= select(4, "a", "b", "c")
= select(0, "a")
= select(-4, "a", "b", "c")
= select("2", "a", "b")
= select("x", 1)
= select()
= (select(2, "a", "b", "c"))
= select(1.9, "a", "b")

--- missing and extra arguments
local function f(a, b) return a, b end
local x, y = f(1)
return x, y, f(1, 2, 3)

--- a call in the middle has one value
local function f() return 1, 2 end
return f(), f()

--- a call in parentheses has one value
local function f() return 1, 2 end
return (f())

--- a call without a value in the middle is nil
local function f() end
return f(), f(), (f())

--- a call in a table constructor
local function f() return 1, 2 end
local t, u, v = { f() }, { f(), f() }, { (f()) }
return #t, #u, #v

--- a call as arguments
local function f() return 1, 2, 3 end
local function g(...) return select("#", ...) end
return g(f()), g(f(), f()), g((f())), g(f(), nil)

--- methods
local account = { balance = 10 }
function account:deposit(n) self.balance = self.balance + n return self end
function account.show(a) return "balance " .. a.balance end
return account:deposit(5):deposit(1).balance, account:show()

--- methods evaluate their object once
local n = 0
local object = { get = function(self) return self.v end, v = 7 }
local function make() n = n + 1 return object end
return make():get(), n

--- methods of fields
local a = { b = { c = {} } }
function a.b.c.f(x) return x end
function a.b.c:g(x) return self == a.b.c, x end
return a.b.c.f(1), a.b.c:g(2)

--- methods of strings
local s = "hello"
return s:upper(), ("x"):rep(3), s:len(), s:sub(2, 3):upper(), ("%d"):format(5)

--- methods of numbers are an error
local n = 5
return n:foo()

--- methods that are not there are an error
local t = {}
return t:foo()

--- fields of strings are those of the library
local s = "abc"
return s.len == string.len, s.nothing, ("x").upper == string.upper

--- index of nil is an error
local t
return t.x

--- index of a field that is nil is an error
local t = {}
return t.x.y

--- assignment to a field of nil is an error
local t
t.x = 1
return 1

--- call of nil is an error
local f
return f()

--- call of a string is an error
return ("x")()

--- call of a number is an error
local x = 5
return x()

--- recursion
local function fib(n) if n < 2 then return n end return fib(n - 1) + fib(n - 2) end
return fib(15)

--- mutual recursion
local even, odd
function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
return even(20), odd(7)

--- tail calls do not fill the stack
local function loop(n) if n == 0 then return "done" end return loop(n - 1) end
return loop(20000)

--- mutual tail calls do not fill the stack
local a, b
function a(n) if n == 0 then return "a" end return b(n - 1) end
function b(n) if n == 0 then return "b" end return a(n - 1) end
return a(20001)

--- tail calls of methods
local t = {}
function t:f(n) if n == 0 then return "done" end return self:f(n - 1) end
return t:f(20000)

--- tail calls return all values
local function g(...) return ... end
local function f(...) return g(...) end
return f(1, nil, 3)

--- tail calls into the library
local function f(s) return s:match("(%a)(%d)") end
return f("x1")

--- functions are values
local ops = { add = function(a, b) return a + b end, ["sub"] = function(a, b) return a - b end }
return ops.add(1, 2), ops["sub"](5, 3)

--- functions compare by identity
local function f() end
local function g() end
return f == f, f == g, type(f)

--- a function that is called at once
return (function(a, b) return a * b end)(6, 7)

--- higher order functions
local function map(t, f) local r = {} for i, v in ipairs(t) do r[i] = f(v) end return r end
return table.concat(map({ 1, 2, 3 }, function(x) return x * x end), " ")

--- curried functions
local function add(a) return function(b) return function(c) return a + b + c end end end
return add(1)(2)(3)

--- parameters are locals
local x = 1
local function f(x) x = x + 1 return x end
return f(5), x

--- upvalues survive their function
local function make() local t = {} return function(v) t[#t + 1] = v return #t end end
local f = make()
f(1) f(2)
return f(3)

--- the last parameter is varargs and empty
local function f(a, ...) return a, select("#", ...) end
return f(1), (f())

--- arg is not set without its use
local function f(...) local n = select("#", ...) return n end
return f(1, 2)

--- unpack
= unpack({ 1, 2, 3 })
= unpack({ 1, 2, 3 }, 2)
= unpack({ 1, 2, 3 }, 2, 3)
= unpack({}, 1, 2)
= unpack({ 1, nil, 3 }, 1, 3)
= unpack({ 1, 2 }, 3)
= unpack({ 1, 2 }, -1, 1)
= (unpack({ 1, 2 }))
= unpack({ 1, 2, 3 }, "2", "3")
= table.remove({ 5, 6, 7 }, "02")
= unpack()
= unpack("x")

--- many arguments
local function f(...) return select("#", ...) end
local t = {}
for i = 1, 200 do t[i] = i end
return f(unpack(t)), (select(200, unpack(t)))

--- a deep recursion is an error
local function f(n) return 1 + f(n + 1) end
return pcall(f, 1) == false

--- evaluation order of arguments
local log = ""
local function f(v) log = log .. v return v end
local function g() end
g(f(1), f(2), f(3))
return log

--- evaluation order of a table constructor
local log = ""
local function f(v) log = log .. v return v end
local t = { f(1), x = f(2), f(3), [f(4)] = f(5) }
return log, t[1], t[2], t.x, t[4]
