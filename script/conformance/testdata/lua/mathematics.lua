The math library, os.time and os.date.

--- rounding
= math.floor(3.7), math.floor(-3.7), math.floor(5), math.floor(-0.5)
= math.ceil(3.2), math.ceil(-3.2), math.ceil(5), math.ceil(0.5)
= math.abs(-5), math.abs(5), math.abs(-0.5)
= math.floor("3.7"), math.ceil("3.2")
= math.floor("010"), math.max("010", 9), math.abs("-0x10")
= math.floor("1_0")
= math.floor("0b1")
= math.floor(2^53), math.floor(1e300)
= math.floor(true)
= math.floor()
= math.floor({})
= math.floor("x")
= math.fmod(7, 3), math.fmod(-7, 3), math.fmod(7, -3), math.fmod(-7, -3)
= math.fmod(5.5, 2), math.fmod(-5.5, 2)
= math.fmod(1, 0) ~= math.fmod(1, 0)
= math.mod == nil
= math.modf(3.7)
= math.modf(-3.7)
= math.modf(5)
= math.modf(math.huge)
= math.modf(-math.huge)

--- max and min
= math.max(1, 5, 3), math.min(1, 5, 3)
= math.max(1), math.min(1)
= math.max(-1, -5), math.min(-1.5, -1)
= math.max("10", 9), math.min("2", 10)
= math.max()
= math.min()
= math.max(1, "x")
= math.max(1, nil)
= math.max(math.huge, 1), math.min(-math.huge, 1)

--- powers and logarithms
= math.sqrt(16), math.sqrt(2)
= math.sqrt(-1) ~= math.sqrt(-1)
= math.pow(2, 10), math.pow(2, 0.5), math.pow(4, -1)
= math.exp(0), math.exp(1)
= math.log(1), math.log(10), math.log(0)
= math.log10(1000), math.log10(1)
= math.log(2.718281828459045)
= math.log(8, 2)
= math.ldexp(1, 10), math.ldexp(0.5, 3), math.ldexp(3, -1)
= math.frexp(8)
= math.frexp(0)
= math.frexp(0.3)
= math.frexp(-5)

--- exponentials and logarithms to the last digit
local out = {}
for i = 1, 40 do
  local x = (i - 20) * 1.7 + 1 / i
  out[#out + 1] = ("%.17g %.17g %.17g"):format(math.exp(x), math.log(i * 1.3), math.log10(i / 7))
end
return table.concat(out, " "), ("%.17g"):format(math.exp(700.1)), math.exp(710), math.exp(-745), math.exp(-746)

--- degrees to the last digit
= math.deg(0.1) == 0.1 / (math.pi / 180)

--- hyperbolic functions and radians to the last digit
local out = {}
for i = 1, 20 do
  local x = (i - 10) / 3 + i / 100
  out[#out + 1] = ("%.17g %.17g %.17g"):format(math.cosh(x), math.cosh(x * 9), math.rad(x * 50))
end
return table.concat(out, " "), ("%.17g %.17g"):format(math.sinh(25.5), math.tanh(30)), math.cosh(711), -math.sinh(711)

--- trigonometry to the last digit
local out = {}
for i = 1, 40 do
  local x = (i - 20) * 0.73 + 1 / i
  out[#out + 1] = ("%.17g %.17g %.17g"):format(math.sin(x), math.cos(x), math.tan(x * 3))
  out[#out + 1] = ("%.17g %.17g %.17g %.17g"):format(math.asin(x / 20), math.acos(x / 20), math.atan(x), math.atan2(x, i - 30))
end
return table.concat(out, " "), ("%.17g %.17g %.17g"):format(math.sin(1e5), math.cos(1e6), math.tan(1e5))

--- trigonometry of what is no common number
= math.sin(math.huge) == math.sin(math.huge), math.asin(2) == math.asin(2), math.acos(1), math.acos(-1), math.asin(-1)
= math.atan(math.huge), math.atan(-math.huge), math.atan2(0, 0), math.atan2(1, 0), math.atan2(-1, 0), math.atan2(math.huge, -math.huge)
= math.sin(1e-300), math.tan(1e-10), math.atan2(1e-300, 1e300), math.atan2(1e-300, -1e300), math.sin(1e22) == math.sin(1e22)

--- exponentials and logarithms of what is no common number
= math.log(-1) ~= math.log(-1), math.log(math.huge), math.exp(-math.huge), math.exp(math.huge), math.log10(0), math.tanh(-math.huge)
= math.exp("1"), math.log("x")

--- trigonometry
= math.pi
= math.sin(0), math.cos(0), math.tan(0)
= math.sin(1), math.cos(1), math.tan(1)
= math.asin(1), math.acos(1), math.atan(1)
= math.atan2(1, 1), math.atan2(-1, -1), math.atan2(0, -1)
= math.sinh(1), math.cosh(1), math.tanh(1)
= math.deg(math.pi), math.rad(180)
= math.deg(1), math.rad(1)
= math.huge, -math.huge

--- random
local a, b, c = math.random(), math.random(10), math.random(5, 6)
return a >= 0 and a < 1, b >= 1 and b <= 10 and b == math.floor(b), c == 5 or c == 6, math.random(1), math.random(3, 3)

--- random of an empty interval
= math.random(0)
= math.random(2, 1)
= math.random(1, 2, 3)

--- randomseed repeats
math.randomseed(42)
local a, b = math.random(1000), math.random(1000)
math.randomseed(42)
return a == math.random(1000), b == math.random(1000)

--- names of other versions
= math.tointeger == nil, math.type == nil, math.ult == nil, math.maxinteger == nil

--- os.time
= os.time({ year = 2020, month = 1, day = 1, hour = 0 }) - os.time({ year = 2019, month = 12, day = 31, hour = 0 })
= type(os.time()), os.time() > 1.6e9
= os.time({ year = 2020, month = 3, day = 1, hour = 12 }) - os.time({ year = 2020, month = 2, day = 28, hour = 12 })
= os.time({ year = 2020, month = 1, day = 1 }) - os.time({ year = 2020, month = 1, day = 1, hour = 12 })
= os.time({ year = 2020, month = 13, day = 1, hour = 0 }) - os.time({ year = 2021, month = 1, day = 1, hour = 0 })
= os.time({ year = 2020, month = 1, day = 32, hour = 0 }) - os.time({ year = 2020, month = 2, day = 1, hour = 0 })
= os.time({ year = 2020, month = 1, day = 1, hour = 0, min = 90, sec = 30 }) - os.time({ year = 2020, month = 1, day = 1, hour = 1 })
= os.time({ year = "2020", month = "1", day = "1", hour = 0 }) - os.time({ year = 2020, month = 1, day = 1, hour = 0 })
= os.time({ year = 2020, month = 1 })
= os.time({ month = 1, day = 1 })
= os.time({ year = 2020, day = 1 })
= os.time({})

--- os.date
= os.date("!%Y-%m-%d %H:%M:%S", 0)
= os.date("!%Y-%m-%d %H:%M:%S", 1700000000)
= os.date("!%d/%b/%Y", 1e9)
= os.date("!%A %a %B %b %p %I %y %j", 1e9)
= os.date("!%%", 0)
= os.date("!%c", 0)
= os.date("!%x %X", 0)
= os.date("!%w %H:%M", 1e9)
= os.date("!", 0)
= os.date("!no directive", 0)
= type(os.date())
= os.date("!%Y", "0")
= os.date("!%S", 59.9)

--- os.date as a table
local d = os.date("!*t", 1000000000)
return d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst

--- os.date and os.time are inverse
local t = os.time({ year = 2021, month = 6, day = 15, hour = 10, min = 20, sec = 30 })
local d = os.date("*t", t)
return d.year, d.month, d.day, d.hour, d.min, d.sec, os.time(d) == t

--- os.difftime
= os.difftime(10, 4), os.difftime(4, 10)
= type(os.clock()), os.clock() >= 0
