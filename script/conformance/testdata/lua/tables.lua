Tables: constructors, length, the table library, iteration.

--- constructors
local t = { 1, 2, x = 3, [10] = 4, ["y z"] = 5, 6 }
return t[1], t[2], t[3], t.x, t[10], t["y z"]

--- constructors with separators
local t = { 1; 2, 3; }
local u = {}
local v = { {}, { {} } }
return #t, #u, #v, #v[2]

--- constructors with repeated keys
local t = { [1] = "a", "b", x = 1, x = 2 }
return t[1], t.x

--- constructors with nil
local t = { nil, 2 }
local u = { x = nil }
return t[1], t[2], next(u)

--- constructors with a key of nil are an error
return { [nil] = 1 }

--- large constructors
local t = {
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30,
  31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 58, 59, 60,
}
return #t, t[50], t[51], t[60]

--- nested fields
local t = { a = { b = { c = 1 } } }
t.a.b.d = 2
t["a"]["e"] = 3
return t.a.b.c + t.a.b.d + t.a.e

--- tables are references
local a = {}
local b = a
b.x = 1
return a.x, a == b

--- length of a sequence
local t = {}
for i = 1, 10 do t[i] = i end
t[11] = 11
t[#t] = nil
t[#t] = nil
return #t

--- length counts appended elements
local t = { "a" }
t[#t + 1] = "b"
t[#t + 1] = "c"
return #t, t[3]

--- length ignores other keys
local t = { 1, 2, n = 3, [-1] = 4, [0] = 5 }
return #t

--- length of strings
= #"", #"abc", #"a\0b", #"é"

--- elements that are removed from the end
local t = { 1, 2, 3, 4, 5 }
t[5] = nil
t[4] = nil
return #t

--- table.insert
local t = {}
table.insert(t, "a")
table.insert(t, "c")
table.insert(t, 2, "b")
table.insert(t, 1, "z")
return table.concat(t, ","), #t

--- table.insert at the end
local t = { 1, 2 }
table.insert(t, 3, 3)
table.insert(t, #t + 1, 4)
return table.concat(t, ",")

--- table.insert beyond the end
local t = { 1 }
table.insert(t, 5, "x")
return t[1], t[2], t[5]

--- table.insert at zero
local t = { 1, 2 }
table.insert(t, 0, "x")
return t[0], t[1], t[2], t[3]

--- table.insert returns nothing
return select("#", table.insert({}, 1))

--- table.insert of nil at the end
local t = { 1 }
table.insert(t, nil)
return #t

--- table.insert with wrong arguments
= table.insert({})
= table.insert({}, 1, 2, 3)
= table.insert(nil, 1)
= table.insert({}, "x", 1)

--- table.remove
local t = { "a", "b", "c" }
return table.remove(t), table.remove(t, 1), #t, t[1]

--- table.remove of an empty table
local t = {}
return table.remove(t), #t, select("#", table.remove(t))

--- table.remove out of range
local t = { 1, 2 }
return table.remove(t, 5), #t, t[2]

--- table.remove of the last
local t = { 1, 2, 3 }
local r = table.remove(t, 3)
return r, #t

--- table.remove shifts
local t = { 1, 2, 3, 4 }
table.remove(t, 2)
return table.concat(t, ",")

--- table.remove as a queue
local t, s = { 1, 2, 3 }, ""
while #t > 0 do s = s .. table.remove(t, 1) end
return s

--- table.concat
= table.concat({})
= table.concat({ 1, 2, 3 })
= table.concat({ 1, 2, 3 }, ", ")
= table.concat({ "a", "b", "c" }, "-", 2)
= table.concat({ "a", "b", "c" }, "-", 2, 3)
= table.concat({ "a", "b", "c" }, "-", 3, 2)
= table.concat({ 1.5, "x", 2 }, " ")
= table.concat({ 1, {}, 3 })
= table.concat({ 1, nil, 3 }, ",", 1, 3)
= table.concat({ true })
= table.concat({ "a" }, 1)
= table.concat({ "a", "b" }, 1)
= table.concat("x")
= table.concat({ 1, 2 }, nil)
= table.concat({ [0] = "z", "a" }, ",", 0)
= table.concat({ "a", "b" }, ",", "1", "2")
= table.concat({ 1e15, 2 ^ 53, 0.1 }, " ")

--- table.sort
local t = { 5, 2, 8, 1, 9, 3 }
table.sort(t)
return table.concat(t, " ")

--- table.sort with an order
local t = { 5, 2, 8, 1 }
table.sort(t, function(a, b) return a > b end)
return table.concat(t, " ")

--- table.sort of strings
local t = { "banana", "Apple", "cherry", "apple", "" }
table.sort(t)
return table.concat(t, " ")

--- table.sort by a field
local t = { { n = "b", v = 2 }, { n = "a", v = 3 }, { n = "c", v = 1 } }
table.sort(t, function(a, b) return a.v < b.v end)
return t[1].n .. t[2].n .. t[3].n

--- table.sort of many
local t, x = {}, 7
for i = 1, 200 do x = (x * 16807) % 2147483647 t[i] = x end
table.sort(t)
for i = 2, #t do if t[i - 1] > t[i] then return "not sorted" end end
return t[1], t[200]

--- table.sort of mixed types is an error
local t = { 1, "x", 2 }
table.sort(t)
return 1

--- table.sort of tables is an error
local t = { {}, {} }
table.sort(t)
return 1

--- table.sort with metamethods
local mt = { __lt = function(a, b) return a.v < b.v end }
local t = {}
for i, v in ipairs({ 3, 1, 2 }) do t[i] = setmetatable({ v = v }, mt) end
table.sort(t)
return t[1].v, t[2].v, t[3].v

--- table.sort of one and none
local t, u = { 1 }, {}
table.sort(t)
table.sort(u)
return #t, #u

--- table.sort with an order that is no function
table.sort({ 1, 2 }, 5)
return 1

--- table.sort with an error in the order
return pcall(table.sort, { 3, 2, 1 }, function() error("no") end) == false

--- table.sort returns nothing
return select("#", table.sort({ 2, 1 }))

--- table.maxn
= table.maxn({})
= table.maxn({ 1, 2, 3 })
= table.maxn({ [10] = 1 })
= table.maxn({ [1.5] = 1, [-5] = 2 })
= table.maxn({ 1, nil, 3 })
= table.maxn({ x = 1 })
= table.maxn(5)

--- table.getn
= table.getn({ 1, 2 }), table.getn({})

--- ipairs ends at nil
local s = ""
for i, v in ipairs({ 1, 2, nil, 4 }) do s = s .. v end
return s

--- ipairs of an empty table
local n = 0
for _ in ipairs({}) do n = n + 1 end
return n

--- ipairs does not end at false
local n = 0
for i, v in ipairs({ false, true, false }) do n = n + i end
return n

--- ipairs sees what is appended
local t = { 1, 2 }
local n = 0
for i, v in ipairs(t) do
  if i < 5 then t[i + 2] = i end
  n = n + 1
end
return n

--- ipairs starts at one
local s = ""
for i, v in ipairs({ [0] = "z", "a" }) do s = s .. i .. v end
return s

--- ipairs returns three values
local t = {}
local f, state, first = ipairs(t)
return type(f), state == t, first

--- ipairs of what is no table
= ipairs()
= ipairs(nil)
= ipairs("x")
= ipairs(5)

--- pairs goes through all keys once
local t = { 1, 2, 3, x = 4, y = 5, [true] = 6, [1.5] = 7 }
local n, sum = 0, 0
for k, v in pairs(t) do n = n + 1 sum = sum + v end
return n, sum

--- pairs goes through a list in order
local s = ""
for k, v in pairs({ "a", "b", "c", "d" }) do s = s .. k .. v end
return s

--- pairs may delete
local t = {}
for i = 1, 20 do t["k" .. i] = i end
local n = 0
for k in pairs(t) do t[k] = nil n = n + 1 end
return n, next(t)

--- pairs may change values
local t = { a = 1, b = 2, c = 3 }
for k, v in pairs(t) do t[k] = v * 2 end
return t.a, t.b, t.c

--- pairs returns three values
local t = {}
local f, state, first = pairs(t)
return type(f), state == t, first

--- pairs of what is no table
= pairs()
= pairs(nil)
= pairs("x")

--- pairs ignores __index
local t = setmetatable({ a = 1 }, { __index = { b = 2 } })
local n = 0
for k, v in pairs(t) do n = n + v end
return n

--- pairs does not know __pairs
local t = setmetatable({ a = 1 }, { __pairs = function() error("called") end })
local n = 0
for k, v in pairs(t) do n = n + v end
return n

--- next
= next({})
= next({ 5 })
= next({ 5 }, 1)
= next({ x = 1 })
= next({ x = 1 }, "x")
= next()
= next({}, "nothing")
= next({ 1, 2, 3 }, 2)
= next(5)

--- rawget and rawset
local t = setmetatable({}, { __index = function() return "meta" end, __newindex = function() error("no") end })
local u = rawset(t, "x", 1)
return rawget(t, "x"), rawget(t, "y"), t.y, u == t

--- rawget and rawset of what is no table
= rawget("x", "len")
= rawset(5, 1, 2)
= rawget()
= rawset({}, nil, 1)

--- array with a hole that is filled
local t = {}
t[3] = "c"
t[2] = "b"
t[1] = "a"
return #t, table.concat(t)

--- negative and zero indexes
local t = {}
t[-1], t[0] = "a", "b"
return #t, t[-1], t[0]

--- large indexes
local t = {}
t[1e9] = "far"
t[2 ^ 40] = "farther"
return t[1e9], t[2 ^ 40], #t

--- deleting and inserting again
local t = {}
for i = 1, 100 do t[i] = i end
for i = 1, 100 do t[i] = nil end
local empty = #t
for i = 1, 50 do t[#t + 1] = i end
return empty, #t, t[50]

--- string keys with dots and without
local t = { ["and"] = 1, ["a b"] = 2 }
t["end"] = 3
return t["and"], t["a b"], t["end"]

--- numbers that are equal are one key
local t = {}
t[1] = "a"
t[1.0] = "b"
t["1"] = "c"
t[2 - 1] = "d"
return t[1], t["1"]

--- table.foreach and friends
= type(table.insert), type(table.remove), type(table.concat), type(table.sort), type(table.maxn)
= table.pack == nil, table.unpack == nil, table.move == nil

--- setn is gone
return pcall(table.setn, {}, 1) == false
