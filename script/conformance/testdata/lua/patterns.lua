Patterns: find, match, gmatch and gsub.

--- find
= ("hello"):find("l"), ("hello"):find("xyz"), ("hello"):find("")
= ("hello"):find("lo")
= ("hello"):find("l", 4)
= ("hello"):find("l", 5)
= ("hello"):find("l", -2)
= ("hello"):find("", 6)
= ("hello"):find("", 7)
= ("hello"):find("", 10)
= ("hello"):find("", -10)
= ("a.b"):find(".", 1, true)
= ("a.b"):find("%.")
= ("a+b"):find("+", 1, true)
= ("a.b"):find(".", 2, true)
= ("hello"):find("h", 1, false)
= ("hello"):find("(l)(l)")
= ("hello"):find("()ll()")
= ("hello"):find("^h"), ("hello"):find("^e")
= ("hello"):find("^e", 2)
= ("hello"):find("o$"), ("hello"):find("l$")
= (""):find(""), (""):find("^$"), (""):find("x")
= ("a\0b"):find("b"), ("a\0b"):find("\0", 1, true)
= ("hello"):find()
= ("hello"):find(nil)
= ("hello"):find("l", "3")
= ("hello"):find("l", {})
= string.find(12345, 34)
= string.find(12345, "3", 1, true)
= ("a^b"):find("^", 1, true)
= ("a^b"):find("a^")
= ("a$b"):find("$b")
= ("abc"):find("b", 2.9)
= ("abc"):find("b", 2 ^ 31), ("abc"):find("b", -2 ^ 31)

--- match
= ("hello world"):match("%w+"), ("hello world"):match("%s(%w+)")
= ("key=value"):match("(%w+)=(%w+)")
= ("2024-01-02"):match("(%d+)-(%d+)-(%d+)")
= ("hello"):match("l+"), ("hello"):match("x")
= ("hello"):match(".", 2), ("hello"):match(".", -1)
= ("hello"):match("()"), ("hello"):match("()", 3)
= ("hello"):match("((h)(e))")
= ("  trim  "):match("^%s*(.-)%s*$")
= ("hello"):match("^(.)(.-)(.)$")
= ("abc"):match("^abc$"), ("abcd"):match("^abc$")
= ("x"):match("x*"), (""):match("x*"), ("xxx"):match("x*"), ("xxx"):match("x-")
= ("aaa"):match("a-b"), ("aaab"):match("a-b")
= ("foo.bar"):match("^(.-)%.(.*)$")
= ("/usr/local/bin"):match("([^/]*)$"), ("/usr/local/bin"):match("^(.*)/")
= ("0x1F"):match("^0[xX](%x+)$")
= string.match(42, "%d")
= ("ab"):match("(a)(b)(c?)")
= ("ab"):match("(a)(x?)")
= ("hello"):match("h?ello"), ("ello"):match("h?ello")

--- classes
= ("aZ09 _-"):match("%a+"), ("aZ09 _-"):match("%w+"), ("aZ09 _-"):match("%d+"), ("aZ09 _-"):match("%p+")
= ("\t\n x"):match("%s+"), ("abcDEF"):match("%l+"), ("abcDEF"):match("%u+"), ("xyz1fG"):match("%x+")
= ("a\1\127b"):match("%c+"), ("abc"):match("%A"), ("a1"):match("%D"), ("1a"):match("%W")
= ("a b"):match("%S+"), ("aB"):match("%L"), ("aB"):match("%U"), ("ab,c"):match("%P+"), ("fg"):match("%X")
= ("a\0b"):match("%z") == "\0", ("ab"):match("%Z+")
= ("é"):match("%a"), ("é"):match("%w"), ("\160"):match("%s"), ("é"):match("%c"), ("é"):match("%p")
= ("."):match("%."), ("%"):match("%%"), ("]"):match("%]"), ("-"):match("%-")
= ("aéz"):match(".+"), #("é"):match(".")
= ("%d"):match("%%d"), ("a%"):match("%%$")
= ("_"):match("%w"), ("_"):match("%p")

--- sets
= ("hello"):match("[aeiou]+"), ("hello"):match("[^aeiou]+"), ("hello"):match("[h-l]+")
= ("a-b"):match("[a%-]+"), ("a-b"):match("[-a]+"), ("a-b"):match("[a-]+")
= ("a]b"):match("[]]"), ("a]b"):match("[^]]+"), ("a]b"):match("[a%]]+")
= ("a^b"):match("[a^]+"), ("a^b"):match("[%^]")
= ("x1_"):match("[%w_]+"), ("x1-"):match("[%a%d]+"), ("A1b2"):match("[%u%d]+")
= ("hello"):match("[a-z]-$"), ("HELLO"):match("[a-z]*")
= ("a.b"):match("[.]"), ("a*b"):match("[*]"), ("a%b"):match("[%%]")
= ("\0\1"):match("[%z\1]+") == "\0\1"
= ("[x]"):match("[[]"), ("[x]"):match("%[(.-)%]")
= ("é"):match("[é]+") == "é"
= ("5"):match("[0-9]"), ("5"):match("[^0-9]"), ("x"):match("[^%d]")
= ("ab"):match("[%a-z]+"), ("-"):match("[%a-z]")
= ("b"):match("[a-a]"), ("b"):match("[c-a]")
= ("a"):match("[")
= ("a"):match("[a")
= ("a"):match("[]")
= ("a"):match("[^]")
= ("a"):match("[a%")
= ("a"):match("[%]")

--- quantifiers
= ("aaa"):match("a?"), ("aaa"):match("a*"), ("aaa"):match("a+"), ("aaa"):match("a-")
= ("aaa"):match("^a-$"), ("bbb"):match("a*"), ("bbb"):match("a+"), ("bbb"):match("a?b")
= ("<<a>>"):match("<(.-)>"), ("<<a>>"):match("<(.*)>")
= ("abab"):match("(ab)*"), ("ab*"):match("(ab)*")
= ("a**"):match("a%**"), ("a**"):match("a**")
= ("12abc"):match("%d*%a"), ("12abc"):match("%d-%a")
= ("x = 5"):match("^(%w+)%s*=%s*(%d+)$"), ("x=5"):match("^(%w+)%s*=%s*(%d+)$")
= ("*a"):match("*a"), ("+a"):match("+"), ("?"):match("?"), ("-"):match("-")
= ("aXb"):match("a.?b"), ("ab"):match("a.?b"), ("aXXb"):match("a.?b")

--- balanced
= ("f(a(b)c)d"):match("%b()")
= ("((x)"):match("%b()")
= ("(()"):match("^%b()")
= ("[[x]]"):match("%b[]"), ("<a<b>c>"):match("%b<>")
= ("xaabbx"):match("%bab"), ("''"):match("%b''")
= ("a(b"):match("%b()")
= ("{a{b}c}{d}"):gsub("%b{}", "X")
= ("x"):match("%b")
= ("x"):match("%b(")

--- frontier
= ("THE (quick) fox"):find("%f[%a]%a+%f[%A]")
= ("hello world"):gsub("%f[%w]%w+", string.upper)
= ("abc"):match("%f[%a]"), ("abc"):match("^%f[%a]abc%f[%z]")
= ("foo.bar"):gsub("%f[%w]", "|")
= ("a1b2"):gsub("%f[%d]", "<")
= ("x"):match("%f")
= ("x"):match("%fa")
= ("THE (quick) fox"):gsub("%f[%a]%a+", "W")

--- captures
= ("hello"):match("(h)(e)(l)(l)(o)")
= ("hello"):match("()(.)()")
= ("abcabc"):match("(abc)%1"), ("abcabd"):match("(abc)%1")
= ("'x' \"y\""):match("(['\"])(.-)%1")
= ("aa bb"):match("(%a)%1"), ("ab"):match("(%a)%1")
= ("x"):match("()()()")
= ("ab"):match("(a(b))")
= ("ab"):match("((a)b)"), ("abc"):match("(a(b(c)))")
= ("x"):match("(x"), 1
= ("x"):match("x)")
= ("x"):match("%1")
= ("x"):match("(x)%2")
= ("x"):match("(%1)")
= ("x"):match("%")
= ("a"):rep(40):match(("(a)"):rep(32)) == "a"
= ("a"):rep(40):match(("(a)"):rep(33))
= ("aab"):match("^(a-)(a*)b$")
= ("x"):find("(x)()")

--- gmatch
local s = ""
for w in ("one two  three"):gmatch("%a+") do s = s .. "[" .. w .. "]" end
return s

--- gmatch with captures
local s = ""
for k, v in ("a=1, b=2"):gmatch("(%w+)=(%w+)") do s = s .. k .. ":" .. v .. ";" end
return s

--- gmatch of empty matches
local n, s = 0, ""
for p in ("abc"):gmatch("()") do n, s = n + 1, s .. p end
return n, s

--- gmatch of nothing or more
local s = ""
for w in ("a1bb"):gmatch("%a*") do s = s .. "[" .. w .. "]" end
return s

--- gmatch with an anchor matches nothing
local n = 0
for w in ("^a^a"):gmatch("^a") do n = n + 1 end
return n

--- gmatch of a number
local s = ""
for d in (120):rep(1):gmatch("%d") do s = d .. s end
return s

--- gmatch without an end
local s = ""
for a, b in ("k1=v1;k2=v2"):gmatch("(%w+)=(%w+);?") do s = s .. a .. b end
return s

--- gmatch with a wrong pattern
return pcall(function() for w in ("x"):gmatch("(") do end end) == false

--- gmatch with wrong arguments
= ("x"):gmatch()
= string.gmatch(nil, "x")
= type(("x"):gmatch("x"))

--- gsub
= ("hello"):gsub("l", "L")
= ("hello"):gsub("l", "L", 1)
= ("hello"):gsub("l", "L", 0)
= ("hello"):gsub("l", "L", -1)
= ("hello"):gsub("x", "y")
= ("hello"):gsub("", "-")
= (""):gsub("", "-")
= (""):gsub("x", "-")
= ("hello"):gsub(".", "%0%0")
= ("hello world"):gsub("(%w+) (%w+)", "%2 %1")
= ("hello"):gsub("(l)(l)", "%2%1")
= ("hello"):gsub("l", "%%")
= ("abc"):gsub("%w", "%1")
= ("abc"):gsub("b", "%2")
= ("abc"):gsub("(b)", "%2")
= ("abc"):gsub("b", "%")
= ("abc"):gsub("b", "%x")
= ("abc"):gsub("b", "%9")
= ("abc"):gsub("^a", "x"), ("aaa"):gsub("^a", "x")
= ("aaa"):gsub("a$", "x")
= ("abc"):gsub("$", "x")
= ("abc"):gsub("^", "x")
= ("abc"):gsub("x*", "-")
= ("a b c"):gsub(" ", "")
= ("a,b,,c"):gsub(",", ";")
= ("abc"):gsub("%w", { a = "1", b = true })
= ("abc"):gsub("%w", { a = 1, b = 2, c = false })
= ("abc"):gsub("(%w)(%w)", { a = "x" })
= ("abc"):gsub("%w", function(c) return c:upper() end)
= ("abc"):gsub("%w", function(c) if c == "b" then return nil end return "x" end)
= ("abc"):gsub("%w", function(c) return false end)
= ("abc"):gsub("(%w)(%w)", function(a, b) return b .. a end)
= ("abc"):gsub("()", function(p) return p end)
= ("abc"):gsub("%w", function() return 5 end)
= ("abc"):gsub("b", function() return {} end)
= ("abc"):gsub("b", { b = {} })
= ("abc"):gsub("b", { b = true })
= ("abc"):gsub("b", 5)
= ("abc"):gsub("b")
= ("abc"):gsub("b", nil)
= ("abc"):gsub("b", true)
= (123):rep(2):gsub("2", "x")
= string.gsub(12321, 2, 9)
= ("abc"):gsub("", "%0")
= ("a\0b"):gsub("%z", "0")
= ("hello"):gsub("()l", "%1")
= ("x = 1"):gsub("%s*=%s*", "=")
= ("abc def"):gsub("%f[%w]%w", string.upper)
= ("aaa"):gsub("a", "b", 2)
= ("aaa"):gsub("a", "b", "2")
= ("aaa"):gsub("a", "b", 1.9)
= ("aaa"):gsub("a", "b", {})
= ("abc"):gsub("(", "x")
= ("abc"):gsub(")", "x")
= ("abc"):gsub("[", "x")
= ("$name is $age"):gsub("%$(%w+)", { name = "Ann", age = 42 })
= ("a.b"):gsub(".", { ["."] = "-" })
= ("abc"):gsub("b*", "x")
= ("äö"):gsub("[\128-\255]", "?")
= ("one;two"):gsub(";", "%%;")
= ("x^2"):gsub("%^", "**")
= ("tab\tx"):gsub("\t", "\\t")
= (("hello"):gsub("l", "L"))
= ("abc"):gsub("%w", "<%0>"), 1
= ("hello"):gsub("(h)(e)(l)", "%3%2%1%0")

--- gsub with a table with metamethods
local t = setmetatable({}, { __index = function(_, k) return k .. k end })
return ("ab"):gsub("%w", t)

--- gsub whose function has upvalues
local n = 0
local s = ("a b c"):gsub("%a", function(c) n = n + 1 return n .. c end)
return s, n

--- gsub in gsub
return (("a(b)c"):gsub("%b()", function(s) return (s:gsub("%w", "x")) end))

--- url decoding
local s = "a%20b+c%21"
s = s:gsub("+", " "):gsub("%%(%x%x)", function(h) return string.char(tonumber(h, 16)) end)
return s

--- csv
local list = {}
for field in ("1,two,,4"):gmatch("([^,]*)") do list[#list + 1] = field end
return #list, table.concat(list, "|")

--- a chain of find
local s, at, n = "a1b22c333", 1, 0
for i = 1, 10 do
  local from, to = s:find("%d+", at)
  if not from then break end
  n = n + tonumber(s:sub(from, to))
  at = to + 1
end
return n

--- an access log
local line = '127.0.0.1 - - [10/Oct/2000:13:55:36 -0700] "GET /a.gif HTTP/1.0" 200 2326'
return line:match('^(%S+) %S+ (%S+) %[([^%]]+)%] "(%u+) (%S+) ([^"]*)" (%d+) (%d+)$')

--- an address
return ("ann@example.org"):match("^[%w.]+@([%w.]+)%.(%a+)$")

--- backtracking
local s = ("a"):rep(20)
return s:match("^(a*)(a*)(a*)b"), s:match("^(a*)a(a*)$")

--- a pattern that is deep
return #("x"):rep(150):match(("x?"):rep(150) .. "$")
