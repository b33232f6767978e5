Coroutines.

--- resume and yield
local co = coroutine.create(function(a, b)
  local c = coroutine.yield(a + b)
  local d, e = coroutine.yield(c * 2)
  return d + e
end)
local _, x = coroutine.resume(co, 1, 2)
local _, y = coroutine.resume(co, 10)
local _, z = coroutine.resume(co, 3, 4)
return x, y, z, coroutine.status(co)

--- resume of a dead coroutine
local co = coroutine.create(function() end)
coroutine.resume(co)
local ok, message = coroutine.resume(co)
return ok, message

--- status
local co
local seen
co = coroutine.create(function() seen = coroutine.status(co) coroutine.yield() end)
local a = coroutine.status(co)
coroutine.resume(co)
local b = coroutine.status(co)
coroutine.resume(co)
return a, seen, b, coroutine.status(co)

--- status normal
local outer, inner, seen
outer = coroutine.create(function() coroutine.resume(inner) end)
inner = coroutine.create(function() seen = coroutine.status(outer) end)
coroutine.resume(outer)
return seen

--- wrap
local f = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
return f(), f(), f(), f()

--- wrap of a dead coroutine is an error
local f = coroutine.wrap(function() end)
f()
return pcall(f) == false

--- wrap as an iterator
local function range(n) return coroutine.wrap(function() for i = 1, n do coroutine.yield(i, i * i) end end) end
local s = ""
for i, sq in range(4) do s = s .. i .. "=" .. sq .. " " end
return s

--- an error in a coroutine
local co = coroutine.create(function() error("x", 0) end)
local ok, message = coroutine.resume(co)
return ok, message, coroutine.status(co)

--- an error with a table in a coroutine
local co = coroutine.create(function() error({ code = 3 }) end)
local ok, e = coroutine.resume(co)
return ok, e.code

--- an error in wrap is passed on
return pcall(coroutine.wrap(function() error("w", 0) end))

--- yield across nested calls
local function inner() coroutine.yield("deep") return "back" end
local co = coroutine.create(function() return inner() end)
local _, a = coroutine.resume(co)
local _, b = coroutine.resume(co)
return a, b

--- yield of several values
local co = coroutine.create(function() return coroutine.yield(1, nil, 3) end)
return coroutine.resume(co)

--- resume passes several values
local co = coroutine.create(function(...) local n = select("#", ...) return n, coroutine.yield(n) end)
local _, a = coroutine.resume(co, 1, nil)
return a, coroutine.resume(co, "x", "y")

--- running in the main program
return coroutine.running()

--- running in a coroutine
local co
co = coroutine.create(function() return coroutine.running() == co end)
return coroutine.resume(co)

--- yield outside of a coroutine is an error
return pcall(coroutine.yield, 1) == false

--- producer and consumer
local function producer() return coroutine.create(function() for _, v in ipairs({ "a", "b", "c" }) do coroutine.yield(v) end end) end
local p, s = producer(), ""
while true do
  local ok, v = coroutine.resume(p)
  if not v then break end
  s = s .. v
end
return s

--- generators of permutations
local function permute(a, n)
  n = n or #a
  if n <= 1 then coroutine.yield(table.concat(a)) end
  for i = 1, n do
    a[n], a[i] = a[i], a[n]
    if n > 1 then permute(a, n - 1) end
    a[n], a[i] = a[i], a[n]
  end
end
local list = {}
for p in coroutine.wrap(function() permute({ "a", "b", "c" }) end) do list[#list + 1] = p end
return #list, table.concat(list, " ")

--- coroutines in coroutines
local outer = coroutine.wrap(function()
  local inner = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end)
  coroutine.yield(inner())
  coroutine.yield(inner() * 10)
end)
return outer(), outer()

--- pcall in a coroutine
local co = coroutine.create(function() return pcall(error, "x", 0) end)
return coroutine.resume(co)

--- create wants a function
= coroutine.create(5)
= coroutine.wrap()
= coroutine.resume(5)
= coroutine.status({})
= coroutine.create(print) ~= nil

--- closures in coroutines
local n = 0
local co = coroutine.wrap(function() while true do n = n + 1 coroutine.yield(n) end end)
co() co()
return co(), n

--- resume of the running coroutine
local co
co = coroutine.create(function() return coroutine.resume(co) end)
local ok, inner = coroutine.resume(co)
return ok, inner

--- many coroutines
local sum = 0
for i = 1, 50 do
  local co = coroutine.wrap(function(x) sum = sum + coroutine.yield(x * 2) end)
  local v = co(i)
  co(v)
end
return sum

--- yield in a for loop over an iterator
local co = coroutine.wrap(function() for k, v in ipairs({ 5, 6 }) do coroutine.yield(v) end return "end" end)
return co(), co(), co()

--- yield across pcall is an error
local co = coroutine.create(function() return pcall(coroutine.yield, 1) end)
local ok, inner = coroutine.resume(co)
return ok, inner
