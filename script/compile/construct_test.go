package compile

import (
	"strings"
	"testing"
)

// event is a message of most tests.
const event = `{"level":"info","n":5,"f":1.5,"big":12345678901234567890,"t":true,"null":null,"a":{"b":"x","c":{"d":1}},` +
	`"list":[1,"two",{"three":3},[4]],"empty":[],"esc":"a\"b\u00e9\n","num":"42","exp":1e3,"one":1.0}`

// constructs are bodies of functions, compiled and without an error, but for
// those that are marked: left are those that the interpreter must do.
var constructs = []struct {
	body string
	left bool
	odd  bool // gopher-lua differs from Lua 5.1
}{
	{body: ``}, {body: `return`}, {body: `return 300`}, {body: `return 200, "why"`}, {body: `return nil`},
	{body: `return gopiper.DROP`}, {body: `return gopiper.FAIL, "n is " .. msg.json.n`},
	{body: `msg.data = "x"`}, {body: `msg.data = msg.data .. msg.data`}, {body: `msg.data = 5`},
	{body: `msg.data = nil`, left: true}, {body: `msg.data = true`, left: true},
	{body: `msg.key = "k"`}, {body: `msg.key = nil return msg.key`}, {body: `msg.key = 7 return msg.key`},
	{body: `msg.key = "" return msg.key == nil`}, {body: `return msg.key`}, {body: `return msg.timestamp`},
	{body: `msg.timestamp = 12.5 return msg.timestamp + 1`}, {body: `msg.timestamp = nil return msg.timestamp`},
	{body: `msg.timestamp = "12"`, left: true}, {body: `msg.key = false`, left: true},
	{body: `return msg.attributes.a, msg.attributes.none`}, {body: `msg.attributes.a = nil return msg.attributes.a`},
	{body: `msg.attributes.n = 5 return msg.attributes.n`}, {body: `msg.attributes["x" .. 1] = "y" return msg.attributes["x" .. 1]`},
	{body: `local a = msg.attributes a.z = "zz" return a.z, a.a`}, {body: `msg.attributes.q = true`, left: true},
	{body: `msg.attributes.a = "1" msg.attributes.a = "2"`}, {body: `local m = msg m.data = "via m" return m.data`},
	// JSON
	{body: `return msg.json.level`}, {body: `return msg.json.n + 1`}, {body: `return msg.json.f * 2`},
	{body: `return msg.json.big`, left: true}, {body: `msg.json.copy = msg.json.big`}, {body: `return msg.json.big == 5`, left: true},
	{body: `return msg.json.t, msg.json.none`}, {body: `return msg.json.null == gopiper.null`},
	{body: `return msg.json.none == gopiper.null`}, {body: `return msg.json.a.b`}, {body: `return msg.json.a.c.d`},
	{body: `return msg.json["a"]["b"]`}, {body: `return msg.json.list[1], msg.json.list[2], msg.json.list[9]`},
	{body: `return msg.json.list[3].three, msg.json.list[4][1]`}, {body: `return #msg.json.list, #msg.json.empty`},
	{body: `local k = "level" return msg.json[k]`}, {body: `return msg.json.esc`}, {body: `return #msg.json.esc`},
	{body: `msg.json.env = "prod"`}, {body: `msg.json.level = nil`}, {body: `msg.json.a.b = 5`}, {body: `msg.json.a.c.new = true`},
	{body: `msg.json.list[1] = "one"`}, {body: `msg.json.list[5] = "five"`}, {body: `msg.json.list[7] = 1`, left: true},
	{body: `msg.json.q = "a\"\\\n\1"`}, {body: `msg.json.x = 1 msg.json.x = 2 return msg.json.x`},
	{body: `msg.json.x = gopiper.null return msg.json.x == gopiper.null`}, {body: `msg.json.x = 0/0`, left: true},
	{body: `msg.json.x = "y" msg.json.x = nil return msg.json.x`}, {body: `msg.json.a = nil return msg.json.a == nil`},
	{body: `local j = msg.json j.x = j.n + 1 return j.x`}, {body: `local a = msg.json.a msg.json.a = 1 a.b = 2`},
	{body: `return msg.json.none.x`, left: true}, {body: `return msg.json.n.x`, left: true}, {body: `msg.json.none.x = 1`, left: true},
	{body: `msg.json.y = msg.json.a`, left: true}, {body: `return msg.json.a == msg.json.a`, left: true},
	{body: `msg.json.x = msg.json.exp return msg.json.x`}, {body: `if msg.json.a then return 1 end return 2`},
	{body: `if msg.json.null then return 1 end return 2`}, {body: `return type(msg.json.n), type(msg.json.level), type(msg.json.t)`},
	{body: `return type(msg.json.a)`, left: true}, {body: `return msg.json.num + 1`}, {body: `return 0, msg.json.one .. ""`},
	// operators
	{body: `return 1 + 2 * 3 - 4 / 8`}, {body: `return 2 ^ 10, -3, - -3`}, {body: `return 7 % 3, -7 % 3, 7 % -3, -7 % -3`},
	{body: `return 5.5 % 2`}, {body: `return 5 % 0.1, -3 % 0.7`, odd: true}, {body: `return 1e300 % 7`, left: true}, {body: `return 5 % 0`, left: true}, {body: `return "10" + 5, "3" * "4", -"2"`},
	{body: `return "abc" + 1`, left: true}, {body: `return nil + 1`, left: true}, {body: `return 0, 1 .. 2, "a" .. 1.5 .. "b"`},
	{body: `return 0, "a" .. nil`, left: true}, {body: `return 0, 1/3 .. ""`}, {body: `return 0, 0.1 + 0.2 .. ""`},
	{body: `return 1 < 2, 2 <= 2, 3 > 4, 4 >= 4`}, {body: `return "a" < "b", "a" <= "a", "B" > "a", "" >= ""`},
	{body: `return 1 < "2"`, left: true}, {body: `return nil < 1`, left: true}, {body: `return 1 == "1", "a" == "a", nil == false, 1 ~= 1`},
	{body: `return true and 1, nil and 1, false or 2, 3 or 4, nil or false`}, {body: `return not nil, not 0, not not "x"`},
	{body: `return #"abc", #msg.data`}, {body: `return #5`, left: true}, {body: `return 1e3, 0x10, 1.5e-3, .5`},
	{body: `return 123456789012, -5, 1e14, 1e13`}, {body: `return msg.data == "x" and "yes" or "no"`},
	{body: `if 1 < 2 and not (3 < 2) or nil then return 1 end`}, {body: `if (1 == 1) == true then return 1 end`},
	// statements
	{body: `local a, b, c = 1, 2 return a, b, c`}, {body: `local a, b = 1, 2 a, b = b, a return a, b`, odd: true},
	{body: `local a a = 5 local a = a + 1 return a`}, {body: `do local x = 1 end local y return y`},
	{body: `local a = 1 do local a = 2 a = 3 end return a`}, {body: `local n = 0 for i = 1, 10 do n = n + i end return n`},
	{body: `local n = 0 for i = 10, 1, -2 do n = n + i end return n`}, {body: `for i = 1, 0 do return 1 end return 2`},
	{body: `for i = 1, 10 do if i == 5 then return i end end`}, {body: `local r for i = 1, 10 do r = i if i > 3 then break end end return r`},
	{body: `local n = 0 for i = 1, 3 do for j = 1, 3 do if j == 2 then break end n = n + 1 end end return n`},
	{body: `for i = 0.5, 2 do msg.key = msg.key .. i end`}, {body: `for i = "a", 2 do end`, left: true},
	{body: `for i = 1, 3 do local x if i == 2 then x = i end msg.key = msg.key .. tostring(x) end`},
	{body: `if msg.data == "q" then return 1 elseif #msg.data > 3 then return 2 else return 3 end`},
	{body: `msg.data, msg.key = "a", "b"`}, {body: `msg.key, msg.attributes.a = msg.attributes.a, msg.key`},
	{body: `local a, b = ("x=1"):match("(%w+)=(%w+)") return a, b`}, {body: `local a, b, c = string.find("hello", "l+") return a, b, c`},
	{body: `return (string.find("hello", "l+"))`}, {body: `return math.max(string.byte("abc", 1, 3))`}, {body: `error("no")`, left: true},
	{body: `return 0, upper(prefix) .. limit`}, {body: `local f = string.upper return f("x")`}, {body: `local s = string return s.lower("ABC")`},
}

func construct(body string) *sample {
	return &sample{
		before: `local upper, prefix, limit = string.upper, "pre", 10`, body: body, data: event,
		key: "key", timestamp: 1700000000500000000, attributes: map[string]string{"a": "1", "b": "two"},
	}
}

func TestConstructs(t *testing.T) {
	for _, c := range constructs {
		t.Run(c.body, func(t *testing.T) {
			v := construct(c.body).judge(t, c.odd)
			if v.reason != nil {
				t.Fatalf("not compiled: %v", v.reason)
			}
			if v.left != c.left {
				t.Errorf("left to the interpreter: %v", v.left)
			}
		})
	}
}

// TestReasons holds what is not compiled, with the line and the reason. The
// bodies begin at line 3.
func TestReasons(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"while true do end", "line 3: a while loop"},
		{"\nrepeat until true", "line 4: a repeat loop"},
		{"for k, v in pairs(msg.attributes) do end", "line 3: a for loop over an iterator"},
		{"local function f() end", "line 3: a function in the function"},
		{"local t = {}", "line 3: a table"},
		{"return msg", "line 3: messages that are returned"},
		{"return 'a', 'b'", "line 3: messages that are returned"},
		{"return { data = 'x' }", "line 3: a table"},
		{"msg:emit()", "line 3: a call of msg:emit"},
		{"msg.json = {}", "line 3: an assignment to msg.json as a whole"},
		{"msg.attributes = 5", "line 3: an assignment to msg.attributes as a whole"},
		{"msg.date = 5", "line 3: msg.date, which is no field that can be compiled"},
		{"local k = 'data' return msg[k]", "line 3: a field of the message whose name is computed"},
		{"counter = counter + 1", "line 3: an assignment to counter, which is not declared in the function"},
		{"return counter", "line 3: the variable counter, whose value is not known beforehand"},
		{"return changes", "line 3: the variable changes, which is assigned somewhere"},
		{"print(msg.data)", "line 3: a call of print"},
		{"return gopiper.env('X')", "line 3: a call of gopiper.env"},
		{"for w in string.gmatch(msg.data, 'x') do end", "line 3: a for loop over an iterator"},
		{"msg.data = string.gmatch(msg.data, 'x')", "line 3: a call of string.gmatch"},
		{"msg.data = string.format(msg.data, 'x')", "line 3: string.format with a format that is computed"},
		{"msg.data = string.format('%q', 'x')", `line 3: string.format with "%q"`},
		{"msg.data = string.upper", "line 3: string.upper as a value"},
		{"local a, b = msg, 1", "line 3: the message as a value"},
		{"msg = nil", "line 3: an assignment to msg, which has another meaning before"},
		{"msg.data, msg.json.x = 1, 2", "line 3: an assignment whose order matters; write one for each"},
		{"do goto done end ::done::", "line 3: goto"},
		{"msg.data = (" + strings.Repeat("-(", 300) + "1" + strings.Repeat(")", 301), "line 3: more than 200 levels of nesting"},
	} {
		s := &sample{before: "local changes = 1 changes = 2", body: c.body}
		if _, reason := s.compiled(t, Handler); reason == nil || reason.Error() != c.want {
			t.Errorf("%s: got %v, want %s", c.body, reason, c.want)
		}
	}
	s := &sample{body: "msg.data = 'x'"}
	if _, reason := s.compiled(t, Predicate); reason == nil || reason.Error() != "line 3: an assignment in a `when` function" {
		t.Errorf("got %v", reason)
	}
}
