Errors: error, pcall, xpcall, levels and values.

--- pcall of what goes well
= pcall(function() return 1, 2 end)
= pcall(function() end)
= pcall(type, 5)
= pcall(select, "#", nil, nil)

--- pcall of what fails
= pcall(error)
= pcall(error, nil)
= pcall(error, "message", 0)
= pcall(error, 42)
= pcall(error, true)
= pcall(function() error("x", 0) end)
= pcall(nil) == false
= pcall(5) == false
= pcall()
= (pcall(function() local x = nil + 1 end))
= (pcall(function() local t = nil; return t.x end))
= (pcall(string.rep))

--- error adds the position
local ok, message = pcall(function() error("here") end)
return message

--- error on another line
local ok, message = pcall(function()
  local a = 1

  error("there")
end)
return message

--- error with level two
local function check() error("caller", 2) end
local ok, message = pcall(function()
  check()
end)
return message

--- error with level one is the default
local ok, message = pcall(function() error("one", 1) end)
return message

--- error with level zero adds nothing
local ok, message = pcall(function() error("none", 0) end)
return message

--- error of a number adds no position
local ok, message = pcall(function() error(42) end)
return message, type(message)

--- error with a table
local e = { code = 7 }
local ok, caught = pcall(error, e)
return ok, caught == e, caught.code

--- error with a table and a level
local e = {}
local ok, caught = pcall(function() error(e, 2) end)
return caught == e

--- error with nil
local ok, caught = pcall(error)
return ok, caught, select("#", pcall(error))

--- error with false
return pcall(error, false)

--- nested pcall
return pcall(pcall, error, "x", 0)

--- error is passed on
local ok, message = pcall(function()
  local ok, message = pcall(error, "inner", 0)
  error(message .. " outer", 0)
end)
return message

--- assert messages
= pcall(assert, false, "why")
= pcall(assert, nil, "why")
= pcall(assert, 1, "why")
= (select("#", pcall(assert, 1, 2)))

--- assert default message
local ok, message = pcall(assert, false)
return message

--- xpcall
= xpcall(function() return 1, 2 end, print)
= xpcall(function() error("x", 0) end, function(m) return m .. "!" end)
= xpcall(function() error() end, function(m) return type(m) end)
= xpcall(error, function(m) return "handled" end)

--- xpcall passes no arguments
return xpcall(function(...) return select("#", ...) end, print, 1, 2)

--- xpcall with a handler that sees tables
local e = { 1 }
return xpcall(function() error(e) end, function(m) return m == e end)

--- xpcall handler runs for errors of the language
local ok, kind = xpcall(function() return nil + 1 end, function(m) return type(m) end)
return ok, kind

--- pcall returns what was computed
local function divide(a, b) if b == 0 then error("division by zero", 0) end return a / b end
local ok1, r1 = pcall(divide, 6, 3)
local ok2, r2 = pcall(divide, 6, 0)
return ok1, r1, ok2, r2

--- an error in a loop leaves the state usable
local n = 0
for i = 1, 50 do
  if not pcall(function() if i % 2 == 0 then error("even") end end) then n = n + 1 end
end
return n

--- upvalues survive an error
local x = 0
pcall(function() x = 5 error("e") end)
return x

--- an error in an iterator
return pcall(function() for x in function() error("it", 0) end do end end)

--- an error in a comparison function
local ok = pcall(table.sort, { 1, 2, 3 }, function(a, b) return a.x < b.x end)
return ok

--- an error in gsub's function
return pcall(string.gsub, "abc", "%w", function() error("e", 0) end)

--- error in a nested call keeps the message
local function a() error("deep", 0) end
local function b() a() end
local function c() b() end
return pcall(c)

--- pcall of a method
local t = { f = function(self, x) return self.v + x end, v = 1 }
return pcall(t.f, t, 2)

--- stack overflow is caught
local function f() return 1 + f() end
local ok, message = pcall(f)
return ok, type(message)

--- tostring of a message with position has line
local ok, message = pcall(function() local x = {} ; x.y.z = 1 end)
return type(message), message:match("^case%.lua:1:") ~= nil

--- an uncaught error
error("x")

--- an uncaught error with a table
error({})

--- an uncaught error of the library
return ("x"):rep({})

--- an uncaught error in a function
local function f() return {} < 1 end
return f()

--- error twice
local ok, m = pcall(function()
  local ok, m = pcall(error, { code = 1 })
  error(m)
end)
return m.code

--- pcall with varargs
local function f(...) return select("#", ...), ... end
return pcall(f, nil, 2, nil)
