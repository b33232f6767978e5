The string library, but for patterns and string.format.

--- byte
= ("abc"):byte(), ("abc"):byte(2), ("abc"):byte(-1)
= ("abc"):byte(1, -1)
= ("abc"):byte(2, 3)
= ("abc"):byte(0)
= ("abc"):byte(4)
= ("abc"):byte(-10, 10)
= ("abc"):byte(3, 2)
= ("\0\255"):byte(1, 2)
= ("").byte("")
= string.byte(123, 2)
= string.byte()
= string.byte("a", "1")
= string.byte("abc", nil)
= string.byte("abc", 1.9)
= string.byte("abc", {})
= select("#", ("abc"):byte(10))
= ("abc"):byte(-4), ("abc"):byte(-3)
= ("abc"):byte(0, 1)

--- char
= string.char()
= string.char(72, 105)
= string.char(0, 255)
= string.char("65", 66)
= string.char(256)
= string.char(-1)
= string.char("x")
= string.char(65.9)
= string.char(nil)

--- sub
= ("hello"):sub(2), ("hello"):sub(2, 3), ("hello"):sub(-3), ("hello"):sub(-3, -2)
= ("hello"):sub(0), ("hello"):sub(0, 2), ("hello"):sub(1, 0), ("hello"):sub(3, 2)
= ("hello"):sub(10), ("hello"):sub(-10), ("hello"):sub(-10, 2), ("hello"):sub(2, 100), ("hello"):sub(2, -100)
= ("hello"):sub(5), ("hello"):sub(6), ("hello"):sub(1, 1), ("hello"):sub(-1)
= ("hello"):sub(2.7), ("hello"):sub("2", "3"), ("hello"):sub(-2.5)
= ("hello"):sub(2 ^ 31), ("hello"):sub(1, 2 ^ 31), ("hello"):sub(-2 ^ 31, 2)
= ("hello"):sub(2 ^ 40), ("hello"):sub(1, 2 ^ 53)
= ("hello"):sub()
= ("hello"):sub({})
= ("hello"):sub(1, nil)
= ("a\0b"):sub(2, 2) == "\0"
= (12345):rep(1)
= string.sub(12345, 2, 3)
= (""):sub(1), (""):sub(0, 0), (""):sub(-1, -1)

--- rep
= ("ab"):rep(3), ("ab"):rep(1), ("ab"):rep(0), ("ab"):rep(-1)
= (""):rep(100), ("x"):rep(2.9)
= ("x"):rep("3")
= ("x"):rep()
= ("x"):rep({})
= string.rep(1, 3)
= ("ab"):rep(2, ",")
= #("x"):rep(1000)
= (""):rep(1e9)

--- reverse upper lower len
= ("abc"):reverse(), (""):reverse(), ("a\0b"):reverse() == "b\0a"
= ("aBc1é"):upper(), ("AbC1É"):lower()
= ("abc"):len(), (""):len(), ("\0\0"):len()
= string.len(123), string.upper(1), string.reverse(123)
= string.len()
= string.len(nil)
= string.upper({})
= ("äöü"):upper() == "äöü"
= ("\200"):lower() == "\200"
= string.lower("ABC", 1)
= ("@[`{"):upper(), ("@[`{"):lower()

--- the library
= string.dump ~= nil, string.pack == nil, string.join == nil
= type(string.find), type(string.gmatch)

--- concatenation in place
local s = ""
for i = 1, 10 do s = s .. i .. (i < 10 and "," or "") end
return s

--- split by hand
local s, list, at = "a,b,,c", {}, 1
while true do
  local i = s:find(",", at, true)
  if not i then list[#list + 1] = s:sub(at) break end
  list[#list + 1] = s:sub(at, i - 1)
  at = i + 1
end
return #list, table.concat(list, "|")

--- trim
local function trim(s) return (s:gsub("^%s*(.-)%s*$", "%1")) end
return trim("  a b  "), trim(""), trim(" \t\n"), trim("x")

--- bytes one by one
local s, sum = "hello", 0
for i = 1, #s do sum = sum + s:byte(i) end
return sum

--- characters backwards
local s, out = "hello", ""
for i = #s, 1, -1 do out = out .. s:sub(i, i) end
return out

--- substring count
local s, n, at = "abababa", 0, 1
while true do
  local i = s:find("aba", at, true)
  if not i then break end
  n, at = n + 1, i + 1
end
return n

--- starts and ends
local s = "prefix_suffix"
return s:sub(1, 6) == "prefix", s:sub(-6) == "suffix", s:sub(1, 3) == "suf"
