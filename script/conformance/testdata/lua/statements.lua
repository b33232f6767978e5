Statements: assignment, control structures, scope.

--- multiple assignment swaps
local a, b = 1, 2
a, b = b, a
return a, b

--- multiple assignment of three
local a, b, c = 1, 2, 3
a, b, c = c, a, b
return a, b, c

--- assignment pads with nil
local a, b, c = 1
a, b, c = 5, 6
return a, b, c

--- assignment drops values
local a, b = 1, 2, 3
return a, b

--- assignment from a call
local function f() return 1, 2, 3 end
local a, b, c, d = f()
local e, g = f(), 10
local h, i, j = 0, f()
local k = (f())
return a, b, c, d, e, g, h, i, j, k

--- assignment evaluates indexes before it assigns
local i, t = 1, {}
i, t[i] = i + 1, 20
return i, t[1], t[2]

--- assignment evaluates tables before it assigns
local t = { 1 }
local u = t
t, t[1] = { 2 }, 3
return u[1], t[1]

--- assignment to fields swaps
local t = { a = 1, b = 2 }
t.a, t.b = t.b, t.a
return t.a, t.b

--- assignment to fields and variables
local t, x = { 1, 2 }, 5
x, t[1], t[2] = t[1], t[2], x
return x, t[1], t[2]

--- assignment of upvalues
local a, b = 1, 2
local function swap() a, b = b, a end
swap()
return a, b

--- the last assignment to a variable comes first
local a
a, a = 1, 2
return a

--- the last assignment to a field comes first
local t = {}
t.x, t.x = 1, 2
return t.x

--- assignments call metamethods from the last to the first
local log = ""
local t = setmetatable({}, { __newindex = function(_, k, v) log = log .. k .. v end })
t.a, t.b, t.c = 1, 2, 3
return log

--- assignment evaluates targets before values
local log = ""
local function f(v) log = log .. v return v end
local t = {}
t[f("a")], t[f("b")] = f("c"), f("d")
return log, t.a, t.b

--- assignment of a function and its name
local a, b = 1
b, a = function() return a end
return type(b), a, b()

--- swap of elements by variables
local t, i, j = { 5, 6, 7 }, 1, 3
t[i], t[j] = t[j], t[i]
i, t[i], j = 2, "x", t[i]
return t[1], t[2], t[3], i, j

--- assignment from a call with fewer values
local t = {}
local function f() return 1 end
t.a, t.b, t.c = f()
return t.a, t.b, t.c

--- a function that replaces one of its name
local double = function(x) return x * 2 end
local double = function(x) return double(x) + 1 end
return double(5)

--- a function that replaces one of the library
local tostring = function(v) return "<" .. tostring(v) .. ">" end
return tostring(5)

--- a local sees the outer one in its own value
local x = 1
local x = x + 1
do local x = x * 10 end
return x

--- a local function sees itself
local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end
return fact(10)

--- a function in a local does not see itself
local g = 5
do
  local g = function() return g end
  return g()
end

--- blocks hide
local x = 1
do
  local x = 2
  do local x = 3 end
  x = x + 1
end
return x

--- numeric for
local s = ""
for i = 1, 5 do s = s .. i end
return s

--- numeric for with a step
local s = ""
for i = 10, 1, -3 do s = s .. i .. " " end
return s

--- numeric for that does not run
local n = 0
for i = 1, 0 do n = n + 1 end
for i = 0, 1, -1 do n = n + 1 end
return n

--- numeric for with fractions
local s = ""
for i = 0, 1, 0.25 do s = s .. i .. " " end
return s

--- numeric for evaluates its bounds once
local n, calls = 3, 0
local function bound() calls = calls + 1 return n end
for i = 1, bound() do n = 10 end
return n, calls

--- numeric for has a variable of its own
local s = ""
for i = 1, 3 do
  local j = i
  i = i * 10
  s = s .. j .. ":" .. i .. " "
end
return s

--- numeric for with strings as bounds
local n = 0
for i = "1", "3" do n = n + i end
return n

--- numeric for with a bound that is no number
for i = 1, {} do end
return 1

--- numeric for with a start that is no number
for i = nil, 1 do end
return 1

--- numeric for with a step that is no number
for i = 1, 2, "x" do end
return 1

--- numeric for over large numbers
local n = 0
for i = 2 ^ 53 - 2, 2 ^ 53 - 1 do n = n + 1 end
return n

--- numeric for to infinity with break
local n = 0
for i = 1, math.huge do
  if i > 10 then break end
  n = n + i
end
return n

--- numeric for counts down to a fraction
local s = ""
for i = 3, 0.5, -1 do s = s .. i end
return s

--- nested loops with break
local s = ""
for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then break end
    s = s .. i .. j .. " "
  end
end
return s

--- while
local n, s = 0, ""
while n < 5 do
  n = n + 1
  s = s .. n
end
return s

--- while with break
local n = 0
while true do
  n = n + 1
  if n == 7 then break end
end
return n

--- repeat
local n = 0
repeat n = n + 1 until n >= 3
return n

--- repeat sees its locals in until
local n = 0
repeat
  local done = n == 4
  n = n + 1
until done
return n

--- repeat with a closure over its local
local list, n = {}, 0
repeat
  local x = n
  list[#list + 1] = function() return x end
  n = n + 1
until x >= 2
return list[1](), list[2](), list[3](), #list

--- repeat with break
local n = 0
repeat
  n = n + 1
  if n == 3 then break end
until false
return n

--- if elseif else
local function f(x)
  if x < 0 then return "negative" elseif x == 0 then return "zero" elseif x < 10 then return "small" else return "large" end
end
return f(-1), f(0), f(5), f(50)

--- if takes zero and the empty string
local s = ""
if 0 then s = s .. "a" end
if "" then s = s .. "b" end
if nil then s = s .. "c" else s = s .. "d" end
return s

--- an empty statement list
do end
if true then end
while false do end
for i = 1, 3 do end
return "ok"

--- semicolons
local a = 1; local b = 2;
return a + b;

--- generic for over pairs of a list
local s = ""
for i, v in ipairs({ "a", "b", "c" }) do s = s .. i .. v end
return s

--- generic for with an iterator of its own
local function count(limit, i)
  if i < limit then return i + 1, i * 10 end
end
local s = ""
for i, v in count, 3, 0 do s = s .. i .. ":" .. v .. " " end
return s

--- generic for with a closure
local function words(list)
  local i = 0
  return function() i = i + 1 return list[i] end
end
local s = ""
for w in words({ "x", "y" }) do s = s .. w end
return s

--- generic for with more variables than values
local s = ""
for a, b, c in function(_, i) i = (i or 0) + 1 if i < 3 then return i end end do
  s = s .. tostring(a) .. tostring(b) .. tostring(c) .. " "
end
return s

--- generic for ends at nil and not at false
local list = { true, false, nil, true }
local i, n = 0, 0
for v in function() i = i + 1 return list[i] end do n = n + 1 end
local values, j, m = { 1, false }, 0, 0
for v in function() j = j + 1 if j <= 2 then return values[j] end end do m = m + 1 end
return n, m

--- generic for with next
local n = 0
for k, v in next, { a = 1, b = 2, c = 3 } do n = n + v end
return n

--- generic for over a call that is no function
for x in 5 do end
return 1

--- generic for calls a table
local t = setmetatable({}, { __call = function(self, _, i) i = (i or 0) + 1 if i <= 3 then return i end end })
local s = 0
for i in t do s = s + i end
return s

--- a variable of a generic for can be assigned
local s = ""
for i, v in ipairs({ 1, 2, 3 }) do
  v = v * 2
  s = s .. v
end
return s

--- return ends a function in a loop
local function f() for i = 1, 10 do if i * i > 20 then return i end end end
return f()

--- return of nothing
local function f() return end
local function g() end
return select("#", f()), select("#", g()), f() == nil

--- do return
local function f() do return 1 end end
return f()

--- assignment to a call is an error of syntax
f() = 1

--- a break outside of a loop is an error of syntax
break

--- a missing end is an error of syntax
if true then return 1

--- an unexpected symbol is an error of syntax
return 1 +

--- two values without a comma are an error of syntax
local a = 1 2

--- a keyword as a name is an error of syntax
local end = 1

--- return in the middle is an error of syntax
return 1
local a = 2

--- dots outside of a function with dots are an error of syntax
local function f() return ... end

--- a string without an end is an error of syntax
return "abc

--- a long string without an end is an error of syntax
return [[abc

--- a number with letters is an error of syntax
return 12abc

--- a local that is indexed in its declaration is an error of syntax
local a.b = 1

--- an equals sign too much is an error of syntax
local a == 1

--- an operator of another language is an error of syntax
local a = 1 != 2

--- a statement that is an expression is an error of syntax
local a = 1
a + 1

--- integer division is an error of syntax
return 7 // 2

--- bitwise operators are an error of syntax
return 1 & 2

--- a string may follow a function
local function f(s) return s .. "!" end
return f"a", f'b', f[[c]], f{} == nil

--- a table may follow a function
local function f(t) return t[1] end
return f{ 5 }, f{ 6 }

--- many locals
local a1, a2, a3, a4, a5, a6, a7, a8, a9, a10 = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
local b = a1 + a2 + a3 + a4 + a5 + a6 + a7 + a8 + a9 + a10
return b, a10, a1

--- global variables
answer = 41
answer = answer + 1
return answer

--- global functions
function twice(x) return x * 2 end
return twice(21)

--- shadowing of a parameter
local function f(a) local a = a + 1 return a end
return f(1)

--- if with locals in branches
local x = 5
local r
if x > 3 then local y = x * 2 r = y else local y = 0 r = y end
return r

--- loop with several exits
local found
for i = 1, 20 do
  if i % 3 == 0 and i % 5 == 0 then found = i break end
end
return found

--- accumulate in nested loops
local n = 0
for i = 1, 10 do
  for j = i, 10 do
    if (i + j) % 2 == 0 then n = n + 1 elseif i == j then n = n + 100 else n = n - 1 end
  end
end
return n

--- strings in loops
local s = ""
for i = 1, 3 do
  if i > 1 then s = s .. "," end
  s = s .. ("x"):rep(i)
end
return s, #s

--- fizz
local s = ""
for i = 1, 15 do
  if i % 15 == 0 then s = s .. "FizzBuzz " elseif i % 5 == 0 then s = s .. "Buzz " elseif i % 3 == 0 then s = s .. "Fizz " else s = s .. i .. " " end
end
return s

--- greatest common divisor
local a, b = 1071, 462
while b ~= 0 do a, b = b, a % b end
return a

--- local without a value is nil in every iteration
local s = ""
for i = 1, 3 do
  local x
  if i == 2 then x = i end
  s = s .. tostring(x)
end
return s
