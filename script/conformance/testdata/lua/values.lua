Types, tostring, tonumber, strings and comments in source.

--- type
= type(nil), type(true), type(1), type("x"), type({}), type(print), type(function() end)
= type(coroutine.create(function() end))
= type()
= type(type(1))

--- tostring
= tostring(nil), tostring(true), tostring(false)
= tostring(1), tostring(1.0), tostring(-1.5), tostring(1e15)
= tostring("x"), tostring("")
= tostring(100000000000000), tostring(1e14), tostring(123456.789)
= tostring(2^24), tostring(2^53), tostring(-2^63)
= tostring(1/3), tostring(2/3), tostring(10/3)
= tostring(3.14159265358979)
= tostring(1e-5), tostring(0.0001), tostring(0.00012345678901234)
= tostring(5e20), tostring(1.5e300)
= tostring()
= tostring({}):match("^table: 0x") ~= nil
= tostring(print):match("^(%a+):")
= tostring(nil) .. tostring(true)
= tostring(0x7fffffff), tostring(0xffffffff)
= tostring(1e1), tostring(1e2), tostring(12e-1)
= tostring(12345.678901234567)
= tostring(99999999999999.9)
= tostring(0.1), tostring(0.2), tostring(0.7)
= tostring(1234567.125)

--- tonumber
= tonumber("10"), tonumber("  10  "), tonumber("10.5"), tonumber("-3")
= tonumber("1e3"), tonumber("1E3"), tonumber("1e+3"), tonumber("1e-3")
= tonumber("0x1F"), tonumber("0XfF"), tonumber("-0x10")
= tonumber(""), tonumber(" "), tonumber("abc"), tonumber("1a"), tonumber("1 2")
= tonumber("."), tonumber("5."), tonumber(".5"), tonumber("-.5"), tonumber("+5")
= tonumber(5), tonumber(1.5)
= tonumber(nil)
= tonumber(true)
= tonumber({})
= tonumber()
= tonumber("10", 2), tonumber("ff", 16), tonumber("FF", 16), tonumber("zz", 36), tonumber("777", 8)
= tonumber("8", 8), tonumber("2", 2), tonumber("g", 16)
= tonumber("10", 10), tonumber("10.5", 10)
= tonumber("1.5", 16), tonumber("", 16), tonumber(" 11 ", 2)
= tonumber("0x10", 16), tonumber("10", 1)
= tonumber("10", 37)
= tonumber(10, 16), tonumber(11, 2)
= tonumber("1e1", 16)
= tonumber("7fffffff", 16), tonumber("ffffffff", 16)
= tonumber("1\0"), tonumber("\0")
= tonumber("1e400"), tonumber("-1e400")
= tonumber("0x"), tonumber("x10"), tonumber("0xg")
= tonumber("1e"), tonumber("e1"), tonumber("1e1.5")
= tonumber("- 1"), tonumber("--1"), tonumber("+-1")
= tonumber("١"), tonumber("1,5"), tonumber("1_000")
= tonumber("\t\n\v\f\r7\t\n\v\f\r")
= tonumber("00012"), tonumber("0.10")
= tonumber("9007199254740993") == 2^53
= tonumber("0.1") == 0.1
= tonumber("1" .. ("0"):rep(30))
= tonumber("123456789012345678901234567890")
= tonumber(nil, 10)
= tonumber("7", 10.9)
= tonumber("0x.8"), tonumber("0x1p1")
= tonumber("infinity"), tonumber("INF")
= tonumber("z", 36), tonumber("Z", 36)
= tonumber("1", "2")

--- escapes
= "\a\b\f\n\r\t\v\\\"\'"
= "\65\066\0067", "\0", "\255", #"\0a"
= '"', "'", '\'', "\""
= "\1\12\123"
= "tab\there"

--- escapes of other letters
= "\q\w", "\#", "\."

--- an escape beyond a byte is an error of syntax
return "\256"

--- a line continued in a string
return "a\
b", 'c\
d'

--- long strings
return [[a
b]], [==[ ]] ]=] ]==], [[
first newline is dropped]], [[\n]], #[[]]

--- long strings with brackets
return [[a[b]c]], [=[a]]b]=], [=[[x]=]

--- nested long brackets
return [=[ [[x]] ]=]

--- comments
-- one
local a = 1 -- two
--[[ three
four ]] local b = 2
--[==[ ]] ]==] local c = 3
---[[ not long
local d = 4
--]]
return a, b, c, d

--- a comment at the end
return 1 -- the end

--- zero bytes in strings
local s = "a\0b"
return #s, s == "a\0b", s:byte(2), s .. s

--- numerals
= 0xff, 0XA, 0xdeadBEEF
= 1e2, 1E+2, 1e-2, .1, 1.
= 3 .. 4
= 0x
= 1e
= 1..2
= 0xffffffffffff

--- names
local _, _a, a1, A = 1, 2, 3, 4
local andy, ends, iff = 5, 6, 7
return _, _a, a1, A, andy, ends, iff

--- strings compare as bytes
return "a" < "b", "Z" < "a", "é" > "z", "abc" < "abd", "ab" < "abc"

--- rawequal
= rawequal(1, 1), rawequal("a", "a"), rawequal({}, {}), rawequal(1, "1"), rawequal(nil, nil), rawequal(nil, false)
= rawequal(1)

--- assert
= assert(1, 2, 3)
= assert(false)
= assert(nil, "message")
= assert()
= select("#", assert(true))
= assert("x")

--- nothing is a key of nil
local t = {}
t[nil] = 1
return 1

--- nothing is a key of nan
local t = {}
t[0/0] = 1
return 1

--- reading nil and nan as keys
local t = {}
return t[nil], t[0/0]

--- numbers as keys
local t = { [1] = "a", [1.5] = "b", [-1] = "c", ["1"] = "d" }
return t[1], t[1.0], t[1.5], t[-1], t["1"], t[2^53]

--- booleans and functions as keys
local f = function() end
local t = { [true] = 1, [false] = 2, [f] = 3 }
return t[true], t[false], t[f], t[print]

--- not zero and one key
local t = {}
t[0] = "zero"
t[-0] = "minus"
return t[0]

--- tonumber of what is negative, in a base
= tonumber("-10", 16), tonumber("-0", 16), tonumber(-1, 16), tonumber(" -1 ", 2)
= tonumber("-18446744073709551616", 16), tonumber("-1", 10), tonumber("-x", 16), tonumber("+10", 16), tonumber(0, 16)
