Small programs that use much of the language at once.

--- sieve
local n, composite, primes = 50, {}, {}
for i = 2, n do
  if not composite[i] then
    primes[#primes + 1] = i
    for j = i * i, n, i do composite[j] = true end
  end
end
return table.concat(primes, " ")

--- queens
local count, n = 0, 6
local function place(row, cols, d1, d2)
  if row > n then count = count + 1 return end
  for c = 1, n do
    if not cols[c] and not d1[row + c] and not d2[row - c] then
      cols[c], d1[row + c], d2[row - c] = true, true, true
      place(row + 1, cols, d1, d2)
      cols[c], d1[row + c], d2[row - c] = nil, nil, nil
    end
  end
end
place(1, {}, {}, {})
return count

--- word count
local counts, words = {}, {}
for w in ("the cat and the dog and the bird"):gmatch("%a+") do
  if not counts[w] then counts[w] = 0 words[#words + 1] = w end
  counts[w] = counts[w] + 1
end
table.sort(words, function(a, b) if counts[a] ~= counts[b] then return counts[a] > counts[b] end return a < b end)
local out = {}
for _, w in ipairs(words) do out[#out + 1] = w .. "=" .. counts[w] end
return table.concat(out, " ")

--- a stack
local Stack = {}
Stack.__index = Stack
function Stack.new() return setmetatable({ n = 0 }, Stack) end
function Stack:push(...) for i = 1, select("#", ...) do self.n = self.n + 1 self[self.n] = (select(i, ...)) end end
function Stack:pop() local v = self[self.n] self[self.n] = nil self.n = self.n - 1 return v end
local s = Stack.new()
s:push(1, 2, 3)
return s:pop(), s:pop(), s.n

--- vectors
local V = {}
V.__index = V
V.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, V) end
V.__mul = function(a, b)
  if type(a) == "number" then return setmetatable({ x = a * b.x, y = a * b.y }, V) end
  if type(b) == "number" then return b * a end
  return a.x * b.x + a.y * b.y
end
V.__eq = function(a, b) return a.x == b.x and a.y == b.y end
V.__tostring = function(v) return "(" .. v.x .. "," .. v.y .. ")" end
local a, b = setmetatable({ x = 1, y = 2 }, V), setmetatable({ x = 3, y = 4 }, V)
return tostring(a + b), a * b, tostring(2 * a), tostring(a * 2), a == setmetatable({ x = 1, y = 2 }, V)

--- memoized fibonacci
local fib
local memo = setmetatable({}, { __index = function(t, n) local v = n < 2 and n or fib(n - 1) + fib(n - 2) t[n] = v return v end })
fib = function(n) return memo[n] end
return fib(80)

--- linked list
local list
for i = 1, 5 do list = { next = list, value = i } end
local s = ""
while list do s = s .. list.value list = list.next end
return s

--- serialization
local function serialize(v)
  if type(v) == "table" then
    local keys, out = {}, {}
    for k in pairs(v) do keys[#keys + 1] = k end
    table.sort(keys, function(a, b) return tostring(a) < tostring(b) end)
    for _, k in ipairs(keys) do out[#out + 1] = "[" .. serialize(k) .. "]=" .. serialize(v[k]) end
    return "{" .. table.concat(out, ",") .. "}"
  elseif type(v) == "string" then return ("%q"):format(v) end
  return tostring(v)
end
return serialize({ 1, "two", { x = true, y = { 3.5 } }, n = "a\"b" })

--- binary search
local t, steps = {}, 0
for i = 1, 100 do t[i] = i * 3 end
local low, high, found = 1, #t, nil
while low <= high do
  steps = steps + 1
  local mid = math.floor((low + high) / 2)
  if t[mid] == 150 then found = mid break elseif t[mid] < 150 then low = mid + 1 else high = mid - 1 end
end
return found, steps

--- matrix multiplication
local function mul(a, b)
  local r = {}
  for i = 1, #a do
    r[i] = {}
    for j = 1, #b[1] do
      local s = 0
      for k = 1, #b do s = s + a[i][k] * b[k][j] end
      r[i][j] = s
    end
  end
  return r
end
local m = mul({ { 1, 2 }, { 3, 4 } }, { { 5, 6 }, { 7, 8 } })
return m[1][1], m[1][2], m[2][1], m[2][2]

--- quicksort
local function sort(t)
  if #t <= 1 then return t end
  local pivot, less, more = t[1], {}, {}
  for i = 2, #t do if t[i] < pivot then less[#less + 1] = t[i] else more[#more + 1] = t[i] end end
  local r = sort(less)
  r[#r + 1] = pivot
  for _, v in ipairs(sort(more)) do r[#r + 1] = v end
  return r
end
return table.concat(sort({ 3, 6, 1, 8, 2, 9, 2 }), " ")

--- caesar
local function shift(s, n)
  return (s:gsub("%a", function(c)
    local base = c:match("%l") and 97 or 65
    return string.char((c:byte() - base + n) % 26 + base)
  end))
end
return shift("Hello, World!", 3), shift(shift("abc", 5), -5)

--- roman numerals
local function roman(n)
  local out = ""
  for _, p in ipairs({ { 1000, "M" }, { 900, "CM" }, { 500, "D" }, { 400, "CD" }, { 100, "C" }, { 90, "XC" }, { 50, "L" }, { 40, "XL" }, { 10, "X" }, { 9, "IX" }, { 5, "V" }, { 4, "IV" }, { 1, "I" } }) do
    while n >= p[1] do out = out .. p[2] n = n - p[1] end
  end
  return out
end
return roman(1994), roman(2024), roman(49)

--- base64
local alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
local function encode(s)
  local out = {}
  for i = 1, #s, 3 do
    local a, b, c = s:byte(i, i + 2)
    local n = a * 65536 + (b or 0) * 256 + (c or 0)
    for j = 1, 4 do
      local d = math.floor(n / 64 ^ (4 - j)) % 64
      out[#out + 1] = (j == 3 and not b or j == 4 and not c) and "=" or alphabet:sub(d + 1, d + 1)
    end
  end
  return table.concat(out)
end
return encode("Hello"), encode("abc"), encode("a")

--- key value lines
local t = {}
for line in ("a = 1\nb=two\n# comment\n\n c =3 "):gmatch("[^\n]+") do
  local k, v = line:match("^%s*([^#=%s]+)%s*=%s*(.-)%s*$")
  if k then t[k] = v end
end
return t.a, t.b, t.c

--- a template
local function render(s, v) return (s:gsub("{{(%w+)}}", function(k) return tostring(v[k]) end)) end
return render("{{greet}}, {{name}}! {{none}}", { greet = "Hi", name = "Ann" })

--- a scheduler
local log, tasks = "", {}
for id = 1, 3 do
  tasks[id] = coroutine.create(function() for i = 1, id do log = log .. id coroutine.yield() end end)
end
while #tasks > 0 do
  for i = #tasks, 1, -1 do
    coroutine.resume(tasks[i])
    if coroutine.status(tasks[i]) == "dead" then table.remove(tasks, i) end
  end
end
return log

--- reading numbers
local sum, n = 0, 0
for d in ("3 4.5 -2 1e2 x 0x10"):gmatch("%S+") do
  local v = tonumber(d)
  if v then sum, n = sum + v, n + 1 end
end
return sum, n

--- a checksum
local a, b = 1, 0
for i = 1, #("Wikipedia") do
  a = (a + ("Wikipedia"):byte(i)) % 65521
  b = (b + a) % 65521
end
return b * 65536 + a

--- a pipeline of closures
local function compose(...)
  local list = { ... }
  return function(x) for i = 1, #list do x = list[i](x) end return x end
end
return compose(function(x) return x + 1 end, function(x) return x * 2 end, tostring)(4)

--- levels of a log line
local function level(line)
  local name = line:match("^%[(%u+)%]")
  if name == "ERROR" then return 3 elseif name == "WARN" then return 2 elseif name then return 1 end
  return 0
end
return level("[ERROR] x"), level("[WARN] y"), level("[INFO]"), level("none")

--- status of an access log line
local line = '10.0.0.1 "GET /x?a=1 HTTP/1.1" 503 12'
local path, status = line:match('"%u+ ([^ ?]+)[^"]*" (%d+)')
local class = math.floor(tonumber(status) / 100)
return path, status + 0, class, class == 5 and "server" or "other"

--- mask of digits
local card = "4111-1111-1111-1234"
local digits = card:gsub("%D", "")
return ("*"):rep(#digits - 4) .. digits:sub(-4), #digits
