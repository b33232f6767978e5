string.format.

--- integers
= ("%d"):format(5), ("%d"):format(-5), ("%d"):format(0), ("%i"):format(7)
= ("%5d|%-5d|%05d|%+d|% d"):format(42, 42, 42, 42, 42)
= ("%.3d|%6.3d|%-6.3d|"):format(5, 5, 5)
= ("%d"):format("10"), ("%d"):format(3.99), ("%d"):format(-3.99)
= ("%d"):format("3.5")
= ("%d"):format("x")
= ("%d"):format()
= ("%d"):format(nil)
= ("%d"):format(2 ^ 31), ("%d"):format(2 ^ 53), ("%d"):format(-2 ^ 53)
= ("%d"):format(2 ^ 62), ("%d"):format(1e15)
= ("%u"):format(5)
= ("%x %X %#x %o %#o"):format(255, 255, 255, 8, 8)
= ("%08x|%-8x|%8X"):format(48879, 48879, 48879)
= ("%x"):format(0), ("%X"):format(2 ^ 32 - 1)
= ("%+05d|%-+5d|%+ d"):format(7, 7, 7)
= ("%05d|%+.2d"):format(-42, 3)
= ("%.0d|%.0d"):format(0, 1)
= ("%99d"):format(1):len()
= ("%#x|%#X|%#o"):format(0, 0, 0)
= ("%05.1d|%-05d|"):format(3, 3)
= ("%+x|% x"):format(10, 10)

--- floats
= ("%f"):format(1.5), ("%f"):format(-1 / 3), ("%f"):format(1e15)
= ("%.2f|%8.3f|%-8.1f|%08.2f|%+.1f"):format(3.14159, 3.14159, 3.14159, 3.14159, 3.14159)
= ("%.0f|%.0f|%.0f|%.0f"):format(0.5, 1.5, 2.5, -0.5)
= ("%#.0f"):format(3)
= ("%e|%.2e|%E|%12.3e|%-12.1e|"):format(12345.678, 12345.678, 12345.678, 12345.678, 0.00012)
= ("%g|%g|%g|%g|%g"):format(1, 0.1, 1e20, 1e-5, 123456789)
= ("%.3g|%10.4g|%-10.2g|%G|%#g"):format(1234.5, 3.14159, 3.14159, 1e-10, 1)
= ("%.14g"):format(0.1), ("%.17g"):format(0.1), ("%.20f"):format(0.1)
= ("%g"):format(100000), ("%g"):format(1000000), ("%g"):format(0.0001), ("%g"):format(0.00001)
= ("%f|%5.1f|%g|%e"):format(1 / 0, 1 / 0, -1 / 0, 1 / 0)
= ("%05f|%+f|% f"):format(1 / 0, 1 / 0, 1 / 0)
= ("%.3f"):format("2.5"), ("%g"):format("0x10")
= ("%f"):format("x")
= ("%.99f"):format(1):len()
= ("%e|%e"):format(0, 1e100)
= ("%.1f|%.1f|%.1f"):format(0.25, 0.35, 0.45)
= ("%5.2f%%"):format(99.5)
= ("% .2f|% g"):format(1.5, 2.5)
= ("%.10g|%.1g|%.0g"):format(1e10, 15, 15)
= ("%#.3g|%#e"):format(1, 1)
= ("%G|%G"):format(1e-20, 1e20)
= ("%E"):format(1e-300)
= ("%F"):format(1)
= ("%a"):format(1)
= ("%.14g|%.14g"):format(2 ^ 53, 1e15)
= ("%+.3e|%+g"):format(12345, -1.5)

--- characters and strings
= ("%c%c%c"):format(76, 117, 97), #("%c"):format(0)
= ("%5c|%-5c|"):format(65, 65)
= ("%c"):format("65")
= ("%c"):format("x")
= ("%s %s"):format("a", "b"), ("%s"):format(5), ("%s"):format(1.5)
= ("%10s|%-10s|%.2s|%5.1s|%-5.1s|"):format("abc", "abc", "abc", "abc", "abc")
= ("%s"):format("a\0b") == "a\0b"
= ("%s|"):format("")
= ("%.0s|%.s|"):format("abc", "abc")
= ("%s"):format()
= ("%3s|%-3s|"):format("abcdef", "abcdef")
= ("%s"):format(("x"):rep(200)):len()
= ("%.3s"):format("é1") == "é1"
= ("%5s|"):format("é")
= ("%s %s"):format("a")
= ("%20s"):format("right"), ("%-20s|"):format("left")
= ("%s"):format(1e15), ("%s"):format(0.1), ("%s"):format(2 ^ 53)

--- a string of nil
= ("%s"):format(nil)

--- a string of a boolean
= ("%s"):format(true)

--- a string of a table
local t = setmetatable({}, { __tostring = function() return "T" end })
return ("%s"):format(t)

--- quoted
= ("%q"):format('a "quoted" \\ string')
= ("%q"):format("line\nbreak\rreturn\0zero")
= ("%q"):format(5)
= ("%q"):format()
= ("%q"):format("")
= ("%q"):format("\t\1\255")
= ("%q"):format({})
= ("%q"):format("a\0001")

--- percent and others
= ("%%"):format(), ("100%%"):format(), ("%d%%"):format(5)
= ("plain"):format(), (""):format()
= ("plain"):format(1, 2, 3)
= ("%"):format()
= ("%y"):format(1)
= ("%123d"):format(1)
= ("%.123d"):format(1)
= ("%5%"):format()
= ("%-+ #0d"):format(1)
= ("%--------d"):format(1)
= ("%l"):format(1)
= ("%ld"):format(1)
= ("a%sb%sc"):format(1, 2)
= string.format(5)
= string.format()
= string.format("%s")
= string.format("%d %s %5.1f %x %q", 1, "two", 3, 255, "five")

--- a table of formats
local out = {}
for i = 1, 3 do out[i] = ("%-3d|%3d"):format(i, i * i) end
return table.concat(out, ";")

--- money
local cents = 123456
return ("%d.%02d"):format(cents / 100, cents % 100)

--- hexadecimal dump
local s, out = "Lua\n", ""
for i = 1, #s do out = out .. ("%02x "):format(s:byte(i)) end
return out

--- a time
local seconds = 3725
return ("%02d:%02d:%02d"):format(math.floor(seconds / 3600), math.floor(seconds / 60) % 60, seconds % 60)

--- integers that are too large
= ("%d %d %d %i"):format(1e30, -1e30, 2 ^ 63, math.sqrt(-1)), ("%u %x"):format(2 ^ 63, 2 ^ 63 + 2048)
= ("%o"):format(-5), ("%u %x"):format(2 ^ 64 - 2048, -1e30)
