Operators, precedence, coercions and comparison.

--- precedence
= -2 ^ 2
= 2 ^ 3 ^ 2
= 2 ^ -1
= 2 + 3 * 4 - 1
= (2 + 3) * 4
= 2 * 3 % 4
= 7 - 3 - 2
= 100 / 10 / 5
= 1 .. 2 .. 3
= "a" .. 1 + 2 .. "b"
= 1 + 2 < 4
= not 1 == 2
= not (1 == 2)
= 1 < 2 == true
= "a" < "b" == not nil
= -3 ^ 2 + 1
= - -3
= not not nil
= #"abc" + 1
= -#"abc"
= 1 or 2 and 3
= nil and 1 or 2
= false or nil
= nil or false
= 1 and nil
= nil and error("no")
= 1 or error("no")
= (nil or 1) and 2
= 2 ^ 0.5 == math.sqrt(2)
= -"2" + 0
= -"0x10"
= 5 - -5
= 2 - 1 .. ""

--- integer and fraction
= 7 / 2
= -7 / 2
= 7 % 3, -7 % 3, 7 % -3, -7 % -3
= 5.5 % 2
= -5.5 % 2
= 5.5 % -2
= 0.5 % 0.25
= 1e15 % 7
= -1 % 1e10
= 6 % 3, -6 % 3
= 3 % -math.huge == 3 % -math.huge
= 5.3 % 0.1
= 2 ^ 53
= 2 ^ 53 + 1
= 2 ^ 53 == 2 ^ 53 + 1
= 9007199254740993
= 2 ^ 63
= 2 ^ 64
= 2 ^ 1023 * 2
= -2 ^ 1023 * 2
= 1 / 0
= -1 / 0
= 0.1 + 0.2
= 0.1 + 0.2 == 0.3
= 1 / 3
= 100 / 3
= 1e308 * 10
= 5e-324
= 5e-324 / 2
= 3 * 1.1
= 1e15, 1e14, 1e13
= 123456789012345
= 1234567890123456
= 0.1, 0.01, 0.001, 0.0001, 0.00001
= 1e100
= 123.456e-7
= 12345678901234
= -0.0 == 0
= 1e300 * 1e10 == 1 / 0
= 0x10, 0xff, 0xA
= 3., .5, 3e2, 3E-2
= 08, 010
= 1e+2
= 1e999, -1e400, 0xffffffffffffffff, 0x7fffffffffffffff, 0x20000000000001, 1e-400
= 0010, 00010 + 1, 000, 0019, 5 % 0010, 2 ^ 0003, 1e02
= 0/0 == 0/0
= 0/0 ~= 0/0
= 0/0 < 1, 0/0 > 1, 0/0 <= 0/0
= math.huge == 1/0, -math.huge < 0
= math.huge - math.huge == 0
= 2^31, 2^32, -2^31
= 1e14 + 0.5
= 99999999999999, 100000000000000
= 3.14159265358979
= 314.16e-2, 0.31416E1

--- coercion
= "10" + 5
= "10" * "2"
= "3" ^ 2
= " 10 " + 1
= "0x10" + 0
= "1e2" + 0
= "10" % 3
= -"3"
= 10 .. ""
= 1.5 .. "|" .. -0.25
= 1e100 .. ""
= "abc" + 1
= "" + 1
= "1a" + 1
= "1 2" + 1
= {} + 1
= nil + 1
= true + 1
= 1 .. nil
= "a" .. {}
= "a" .. true
= #5
= #nil
= -{}
= -"x"
= "10" == 10
= 0 == "0"
= "10" + 0 == 10
= "\t5\n" + 1
= "5." + 0, ".5" + 0
= "." + 0
= "e5" + 0
= "0x" + 0
= "1e" + 0
= "- 1" + 0
= "--1" + 0
= "+1" + 0
= "0x1p4" + 0
= "inf" + 0
= "nan" + 0
= "1_000" + 0
= "0b1" + 0
= "010" + 0, "08" * 1, "0o17" == 15
= "0o17" + 0
= "0x10" * "010", -"010", "1e1" / "5"
= "0x.8" + 0
= "-0x10" + 0

--- comparison
= 1 < 2, 2 <= 2, 3 > 4, 4 >= 4
= "a" < "b", "a" < "A", "" < "a", "a" < "aa"
= "10" < "9"
= "\255" > "a"
= "a\0b" < "a\0c", "a\0" > "a"
= "Z" < "a"
= 1 == 1.0
= "a" == "a", "a" ~= "b"
= nil == false
= nil == nil
= {} == {}
= print == print
= 1 < "2"
= "1" < 2
= nil < 1
= {} < {}
= true < false
= 1 <= nil
= "a" >= 1
= -1 < 0 == true
= 1 ~= 1
= not nil, not false, not 0, not "", not {}
= math.huge > 2^1023
= -0.0 < 0.0

--- and or not
= 0 and 1
= "" and 1
= false == nil
= nil and nil
= false and nil
= nil or nil
= false or nil or 3
= 1 and 2 and 3
= 1 and 2 or 3
= nil and 2 or 3
= 1 and false or 3
= not (1 and nil)
= (1 > 2) or (2 > 1)
= 1 == 1 and "yes" or "no"
= type(nil) == "nil" and not nil
= (false and error("x")) == false

--- short circuit calls nothing
local n = 0
local function f(v) n = n + 1 return v end
local a = f(nil) and f(1)
local b = f(1) or f(2)
local c = f(false) or f(nil) or f(3)
return a, b, c, n

--- order of evaluation of operands
local log = ""
local function f(v) log = log .. v return v end
local x = f(1) + f(2) * f(3)
local y = f("a") .. f("b") .. f("c")
return log, x, y

--- comparison evaluates left first
local log = ""
local function f(v) log = log .. v return v end
local x = f(1) < f(2)
local y = f(3) > f(4)
return log, x, y

--- concatenation of numbers with dots
return 1 .. 2, 1.5 .. 2.5, -1 .. -2

--- modulo is a minus floor times b
local a, b = -13.75, 4
return a % b == a - math.floor(a / b) * b, a % b

--- modulo of zero
local zero = 0
return 0 % 5, 1 / (5 % 3), zero / 5

--- power of negatives
local a = (-2) ^ 3
local b = (-8) ^ (1 / 3)
return a, b ~= b, (-2) ^ 2, 0 ^ 0, 2 ^ 0

--- long chain
local s = 0
for i = 1, 100 do s = s + i * 2 - i / 2 + i % 7 end
return s

--- unary on locals
local a, b = 5, "7"
return -a, -b, not a, #b

--- number to string and back
local s = tostring(0.1 + 0.2)
return s, tonumber(s) == 0.3, 0.1 + 0.2 == 0.3

--- nested conditions
local a, b, c = 1, nil, false
return (a and b) == nil, (a and c) == false, (a or b) == 1, not (a and (b or c)), a and not b and not c

--- comparison chain of strings
local list = { "b", "a", "B", "", "ab", "\200" }
table.sort(list)
return table.concat(list, ",")

--- not a number is no key order
local nan = 0 / 0
return nan == nan, nan ~= nan, nan < nan, nan >= nan, not (nan < nan)

--- infinity as text
return tostring(1 / 0), tostring(-1 / 0), math.huge .. "", -math.huge .. ""

--- minus zero as text
local zero = 0
return tostring(-zero), tostring(0 * -1), 1 / -zero

--- minus zero of functions and powers
local n, half, six = 0, 0.5, 6
return math.ceil(-half), math.modf(-half), math.fmod(-six, 3), math.floor(-n), math.abs(-n), (-n) ^ 3, (-n) ^ 2, math.sqrt(-n),
  math.sin(-n), math.pow(-n, 1), math.rad(-n), math.exp(-n), -n .. "", ("%g %.1f %5.0f"):format(-n, -n, -n), ("%d"):format(-n),
  tostring(-n), tonumber("-0"), -n == 0, math.ldexp(-n, 3), math.tanh(-n), math.atan2(-n, -1)

--- minus zero as a key
local n, t = 0, {}
t[-n] = 1
t[n] = (t[n] or 0) + 1
local count = 0
for k in pairs(t) do count = count + 1 end
return t[0], t[-0], count, #t

--- minus zero as a constant
return tostring(-0), 1 / -0

--- remainders of fractions
= 5.5 % 2, -5.5 % 2, 5.5 % -2, 0.75 % 0.25
= 5 % 0.1
= 5 % 0.1 == 5 - math.floor(5 / 0.1) * 0.1, 7.3 % 0.7 == 7.3 - math.floor(7.3 / 0.7) * 0.7
= (1 / 3) % 0.01 * 1e17, (2 / 3) % (1 / 7) * 1e17, -(1 / 3) % 0.01 * 1e17
= 1e300 % 7, 2 ^ 60 % 0.3, 12345678901234567890 % 1000
= 5 % math.huge == 5 % math.huge, -5 % math.huge == -5 % math.huge, math.huge % 2 == math.huge % 2
= 5 % 0 == 5 % 0, 0 % 0 == 0 % 0
= 5e-324 % 2 == 5e-324, -5e-324 % 2 == 2

--- remainders that are zero have no sign
local x, y, z, h = -6, -0, 0, 0.5
return 1 / (x % 3), 1 / (y % 3), 1 / (z % -3), 1 / (x % h), 1 / (y % h), 1 / (x % -h)

--- remainders of variables
local out = {}
for _, a in ipairs({ 5, -5, 5.5, -5.5, 0.1, -0.1, 1e15 + 0.5, 1 / 3, 0 }) do
  for _, b in ipairs({ 3, -3, 0.1, -0.1, 0.7, 1e-5, 1e10, 2 / 3 }) do
    out[#out + 1] = ("%.17g"):format(a % b)
  end
  out[#out + 1] = ("%.17g|%.17g|%.17g|%.17g"):format(a % 2, a % 7, a % 1000, a % 99999)
end
return table.concat(out, " ")

--- remainders of large numbers
local a, b = 2 ^ 55 + 8, 12345678901234567890
return a % 3, b % 1000

--- remainders and powers have metamethods
local t = setmetatable({}, {
  __mod = function(a, b) return type(a) .. "%" .. type(b) end,
  __pow = function(a, b) return type(a) .. "^" .. type(b), "second" end,
})
local two = 2
return t % 2, t % two, 2 % t, "x" % t, t % "x", t ^ 2, two ^ t, "3" ^ t, t ^ t, (t ^ nil), nil % t

--- remainders and powers of strings
local three, half, spaced = "3", "0.5", " 0x10 "
return 10 % three, three % 2, three ^ 2, 4 ^ half, spaced % 7, 7 % half, spaced ^ half

--- remainders and powers of what is no number
local function fails(f, ...) return not pcall(f, ...) end
return fails(function(a) return a % 2 end), fails(function(a) return 2 % a end, {}), fails(function(a) return a ^ 2 end, true),
  fails(function(a) return 2 ^ a end, "x"), fails(function(a) return a % "y" end, "x")

--- operands of remainders and powers are computed in order, once
local order = ""
local function f(x) order = order .. x return x, 100 end
local results = { f(7) % f(4), f(2) ^ f(3), f(2) ^ f(1) ^ f(5), (f(9)) % (f(5)), -f(3) ^ f(2) }
return order, table.concat(results, " "), #results

--- remainders and powers in other places
local t, n = { 10, 20, 30 }, 7
local s = ""
for i = n % 5, 2 ^ 2, 3 % 2 do s = s .. i end
for i = 1, n ^ 0 do s = s .. "x" end
if n % 2 == 1 and n ^ 2 > 48 and not (n % 7.0 ~= 0) then s = s .. "y" end
t[n % 3], t[n % 4 ^ 1] = n ^ 2, n % 4
while n % 4 ~= 0 do n = n + 1 end
return s, t[1], t[2], t[3], n, #t % 2, -n % 5, -n ^ 2, (n % 5) ^ 2 % 3

--- powers to the last digit
= ("%.17g"):format(math.sqrt(5) ^ 5), ("%.17g"):format(0.1 ^ 0.1), ("%.17g"):format(1.1 ^ 100)
= ("%.17g"):format(10 ^ -5), ("%.17g"):format(10 ^ 15.5), ("%.17g"):format(2 ^ 0.5), ("%.17g"):format(3 ^ 40)
= ("%.17g"):format(1e-5 ^ 60), ("%.17g"):format(1e-5 ^ 64), ("%.17g"):format(7 ^ 364.5), ("%.17g"):format(0.999 ^ 1e5)
= (-8) ^ (1 / 3) == (-8) ^ (1 / 3), (-8) ^ 3, (-8) ^ -3, (-2) ^ 2, (-0.5) ^ 1023
= 0 ^ 0, 0 ^ -1, 0 ^ 2, math.huge ^ 0, math.huge ^ -1, (-math.huge) ^ 3, 1 ^ math.huge, (-1) ^ math.huge, 0.5 ^ math.huge
= 2 ^ 1024, 2 ^ -1074, 2 ^ -1075, 2 ^ -1076, (-2) ^ 1025, 10 ^ 308, 10 ^ 309, 10 ^ -323, 10 ^ -324
= 10 ^ 2 == 100, 10 ^ 15 == 1e15, 10 ^ 22 == 1e22, 3 ^ 33 == 5559060566555523, 5 ^ 2 == 25

--- powers of variables to the last digit
local out = {}
for i = 1, 40 do
  local x, y = i * 0.37 + 1 / i, (i - 20) / 7
  out[#out + 1] = ("%.17g %.17g"):format(x ^ y, math.pow(y, i))
end
return table.concat(out, " ")
