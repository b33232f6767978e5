package script

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
)

// played is what became of data that a function was called with.
// played runs a function over a message, on every engine.
func played(t testing.TB, body, data string) (component.Report, string) {
	t.Helper()
	report, got := playedOn(t, body, data, func(*Options) {})
	if other, data := playedOn(t, body, data, interpret); other != report || data != got {
		t.Errorf("%s\n%s, %s\non gopher-lua %s, %s", body, report, got, other, data)
	}
	if other, data := playedOn(t, body, data, onLuaJIT); !likeReport(other, report) || data != got {
		t.Errorf("%s\n%s, %s\non luajit %s, %s", body, report, got, other, data)
	}
	return report, got
}

func playedOn(t testing.TB, body, data string, engine func(*Options)) (component.Report, string) {
	t.Helper()
	m := newFake(data)
	report := handle(t, functionOf(load(t, withFunction(body), engine), 0, 1).Create(0, 0, make(chan component.Message, 10)), m)
	return report, string(m.GetData())
}

var jsonTests = []struct{ name, body, data, want string }{
	{"untouched", ``, ` {"a" : 1.0 }x`, ` {"a" : 1.0 }x`},
	{"read only", `assert(msg.json.a == 1)`, ` {"a" : 1.0 } `, ` {"a" : 1.0 } `},
	{"scalars", `local j = msg.json; assert(j.s == "x" and j.t == true and j.f == false and j.n == 1.5 and j.none == nil)`,
		`{"s":"x","t":true,"f":false,"n":1.5}`, `{"s":"x","t":true,"f":false,"n":1.5}`},
	{"null", `local j = msg.json; assert(j.a == gopiper.null and tostring(j.a) == "null" and j.a); j.b = gopiper.null; j.c = j.a`,
		`{"a":null}`, `{"a":null,"b":null,"c":null}`},
	{"nested", `assert(msg.json.a.b[2].c == "x"); msg.json.a.b[2].c = "y"; assert(msg.json.a.b[2].c == "y")`,
		`{"a":{"b":[ 1, {"c":"x"} ]}, "z":1e3}`, `{"a":{"b":[ 1, {"c":"y"} ]}, "z":1e3}`},
	{"spaces stay", `msg.json.b = 2`, "{ \"a\" : 1.00 ,\n\t\"b\":  1 }\r", "{ \"a\" : 1.00 ,\n\t\"b\":  2 }\r"},
	{"add", `msg.json.env = "prod"; msg.json.n = 5`, `{"a":1}`, `{"a":1,"env":"prod","n":5}`},
	{"delete", `msg.json.b = nil; assert(msg.json.b == nil); msg.json.none = nil`, `{"a":1, "b":[2] ,"c":3}`, `{"a":1 ,"c":3}`},
	{"delete all", `msg.json.a = nil`, `{"a":1}`, `{}`},
	{"delete and set", `msg.json.a = nil; msg.json.a = 2`, `{"a":1,"b":1}`, `{"a":2,"b":1}`},
	{"rename", `msg.json.message = msg.json.msg; msg.json.msg = nil`, `{"msg":"a\u0041\/","x":0}`, `{"x":0,"message":"aA/"}`},

	{"numbers stay", `msg.json.x = 1`, `{"a":1.0,"b":1e3,"c":-0,"d":9007199254740993,"e":1e400}`,
		`{"a":1.0,"b":1e3,"c":-0,"d":9007199254740993,"e":1e400,"x":1}`},
	{"numbers are copied", `local j = msg.json; local a, b = j.a, j.b; j.A, j.B, j.C, j.D, j.E, j.F = a, b, j.c, j.d, j.e, j.f`,
		`{"a":1.0,"b":1e3,"c":-0,"d":9007199254740993,"e":1e400,"f":1e-999}`,
		`{"a":1.0,"b":1e3,"c":-0,"d":9007199254740993,"e":1e400,"f":1e-999,"F":1e-999,"E":1e400,"D":9007199254740993,"C":-0,"B":1e3,"A":1.0}`},
	{"numbers are copied in tables", `msg.json = { msg.json[1], { x = msg.json[2] } }`, `[2.50, 12345678901234567890]`, `[2.50,{"x":12345678901234567890}]`},
	{"the latest text counts", `local a, b, c = msg.json[1], msg.json[2], msg.json[3]; msg.json = { a, b, 3 - 0 }`, `[10.0, 10, 3.0]`, `[10,10,3.0]`},
	{"numbers are calculated with", `assert(msg.json[1] + msg.json[2] == 1001 and msg.json[3] == 0); msg.json[1] = msg.json[2] * 2`, `[1.0,1e3,-0]`, `[2000,1e3,-0]`},
	{"floats", `msg.json = { 0.1, 1/3, 1e21, 1e20, -5, 1e-7, 2^53 }`, `0`, `[0.1,0.3333333333333333,1e+21,100000000000000000000,-5,1e-07,9007199254740992]`},

	{"strings", `assert(msg.json[1] == "a\"\\/\b\f\n\r\t\195\169\240\159\152\128" and msg.json[2] == "\239\191\189"); msg.json[2] = "\0\1\"\\\n\127\255é"`,
		`["a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","\ud800"]`, `["a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00","\u0000\u0001\"\\\n` + "\x7f\xff" + `é"]`},
	{"escaped keys", `assert(msg.json.ab == 1); msg.json.ab = 2; msg.json["c\n"] = 3`, `{"\u0061b":1}`, `{"\u0061b":2,"c\n":3}`},
	{"the empty key", `assert(msg.json[""] == 1); msg.json[""] = 2`, `{"":1}`, `{"":2}`},
	{"duplicate keys stay", `assert(msg.json.a == 1); msg.json.x = 0`, `{"a":1,"a":2}`, `{"a":1,"a":2,"x":0}`},
	{"duplicate keys are all set", `msg.json.a = 3`, `{"a":1,"b":0,"a":2}`, `{"a":3,"b":0,"a":3}`},
	{"long strings", `assert(#msg.json.a == 1000); msg.json.a = msg.json.a .. "b"`, `{"a":"` + strings.Repeat("a", 1000) + `"}`, `{"a":"` + strings.Repeat("a", 1000) + `b"}`},

	{"empty", `msg.json.o, msg.json.a, msg.json.t = gopiper.object{}, gopiper.array{}, {}`, `{"x":{},"y":[]}`, `{"x":{},"y":[],"t":{},"a":[],"o":{}}`},
	{"fill what is new", `msg.json.a = gopiper.array{}; table.insert(msg.json.a, 1); msg.json.o = {}; msg.json.o.x = "y"`, `{}`, `{"a":[1],"o":{"x":"y"}}`},
	{"tables", `msg.json = { b = { 1, { c = true } }, a = "x" }`, `1`, `{"a":"x","b":[1,{"c":true}]}`},
	{"mark a table", `local t = gopiper.array{ 1 }; assert(gopiper.object(gopiper.array{}) and t[1] == 1 and #t == 1 and getmetatable(t) == "array"); msg.json = t`, `1`, `[1]`},
	{"replace and go on", `msg.json = { a = 1 }; msg.json.b = 2; assert(msg.json.a == 1 and msg.data == '{"a":1,"b":2}')`, ` [1] `, `{"a":1,"b":2}`},
	{"a scalar", `assert(msg.json == "x"); msg.json = 5; assert(msg.json == 5)`, ` "x" `, `5`},
	{"null itself", `assert(msg.json == gopiper.null); msg.json = false`, `null`, `false`},
	{"replace what is no JSON", `msg.json = { line = msg.data }`, `no "JSON"`, `{"line":"no \"JSON\""}`},

	{"array", `local a = msg.json; assert(#a == 3 and a[1] == 1 and a[3] == 3 and a[4] == nil and a[0] == nil and a[1.5] == nil and a.x == nil)
		a[4] = 4; a[1] = "one"; a[5] = 5; a[5] = nil; a[9] = nil`, `[1, 2,3]`, `["one",2,3,4]`},
	{"elements set in place", `msg.json[2] = 20`, `[1 , 2 ,3]`, `[1 , 20 ,3]`},
	{"insert", `table.insert(msg.json, "z"); table.insert(msg.json, 1, "a"); table.insert(msg.json, 3, {})`, `[1]`, `["a",1,{},"z"]`},
	{"remove", `local a = msg.json; assert(table.remove(a) == 4 and table.remove(a, 1) == 1 and table.remove(a, 9) == nil and select("#", table.remove(a, 9)) == 0)`, `[1,2,3,4]`, `[2,3]`},
	{"remove the last", `assert(table.remove(msg.json) == 1 and #msg.json == 0 and table.remove(msg.json) == nil)`, `[1]`, `[]`},
	{"ipairs", `local all = ""; for i, v in ipairs(msg.json) do all = all .. i .. tostring(v) end; assert(all == "112null3true4{}")`, `[1,null,true,{}]`, `[1,null,true,{}]`},
	{"pairs of an array", `local all = ""; for i, v in pairs(msg.json) do all = all .. i .. v end; assert(all == "1a2b")`, `["a","b"]`, `["a","b"]`},
	{"pairs in order", `local all = ""; msg.json.b = nil; msg.json.n = "N"; for k, v in pairs(msg.json) do all = all .. k .. v; msg.json[k] = v .. "!" end; assert(all == "zZaAnN", all)`,
		`{"z":"Z","b":"B","a":"A"}`, `{"z":"Z!","a":"A!","n":"N!"}`},
	{"delete while going through", `for k in pairs(msg.json) do if k:find("^_") then msg.json[k] = nil end end`, `{"_a":1,"b":2,"_c":3}`, `{"b":2}`},
	{"next", `local j = msg.json; local k, v = next(j); assert(k == "a" and v == 1); k, v = next(j, k); assert(k == "b"); assert(next(j, k) == nil)
		assert(next(j, "a") == "b"); j.c = 3; assert(next(j, "b") == "c" and next(j, "c") == nil and next({}) == nil and next({5}) == 1)`, `{"a":1,"b":2}`, `{"a":1,"b":2,"c":3}`},
	{"next of an array", `local i, v = next(msg.json); assert(i == 1 and v == "x" and next(msg.json, 1) == nil)`, `["x"]`, `["x"]`},
	{"unpack and concat", `local a, b, c = unpack(msg.json); assert(a == "x" and b == 2 and c == nil and table.concat(msg.json, ",") == "x,2")`, `["x",2]`, `["x",2]`},
	{"length of an object", `assert(#msg.json == 0)`, `{"a":1}`, `{"a":1}`},
	{"nothing in an object by number", `assert(msg.json[1] == nil)`, `{"1":1}`, `{"1":1}`},

	{"same node", `local a = msg.json.a; assert(a == msg.json.a and a ~= msg.json.b and msg.json == msg.json); local t = { [a] = 1 }; assert(t[msg.json.a] == 1)`, `{"a":{},"b":{}}`, `{"a":{},"b":{}}`},
	{"kinds", `assert(getmetatable(msg.json) == "JSON object" and getmetatable(msg.json.a) == "JSON array" and getmetatable(msg.json.n) == "JSON null" and type(msg.json) == "userdata")`,
		`{"a":[],"n":null}`, `{"a":[],"n":null}`},
	{"tostring", `assert(tostring(msg.json.a) == "[1.0]"); msg.json.a[2] = 2; assert(tostring(msg.json.a) == "[1.0,2]")`, `{"a":[1.0]}`, `{"a":[1.0,2]}`},
	{"a copy, not a reference", `msg.json.b = msg.json.a; msg.json.b.x = 2; assert(msg.json.a.x == 1.0)`, `{"a":{"x":1.0}}`, `{"a":{"x":1.0},"b":{"x":2}}`},
	{"into itself", `msg.json.a = msg.json`, `{"b":1}`, `{"b":1,"a":{"b":1}}`},
	{"what was removed lives on", `local a = msg.json.a; msg.json.a = nil; a.x = 5; msg.json.b = a`, `{"a":{"x":1,"y":2.0}}`, `{"b":{"x":5,"y":2.0}}`},
	{"the root as a field", `msg.json = msg.json.payload`, `{"payload":{"a":1.0}}`, `{"a":1.0}`},

	{"data has what was written", `msg.json.a = 2; assert(msg.data == '{"a":2}'); msg.json.a = 3; assert(msg.data == '{"a":3}' and msg.data == '{"a":3}')`, `{"a":1}`, `{"a":3}`},
	{"data and then more", `msg.json.a = 2; local d = msg.data`, `{"a":1}`, `{"a":2}`},
	{"data is assigned", `msg.json.a = 2; msg.data = '{"b":1}'; assert(msg.json.b == 1 and msg.json.a == nil)`, `{"a":1}`, `{"b":1}`},
	{"data is assigned what is no JSON", `msg.json.a = 2; msg.data = "x"`, `{"a":1}`, `x`},
	{"many keys", `for i = 1, 2000 do msg.json["k" .. i] = i end; for i = 1, 2000 do assert(msg.json["k" .. i] == i) end
		local n = 0; for k in pairs(msg.json) do n = n + 1 end; assert(n == 2001); for i = 2, 2000 do msg.json["k" .. i] = nil end`, `{"k1":0,"x":[]}`, `{"k1":1,"x":[]}`},
	{"a fail keeps what was written", `msg.json.a = 2; return 0`, `{"a":1}`, `{"a":2}`},

	{"behind a table", `local t = setmetatable({}, { __index = msg.json, __newindex = msg.json }); assert(t.a == 1); t.b = 2`, `{"a":1}`, `{"a":1,"b":2}`},
	{"in coroutines", `local all = ""; for k in coroutine.wrap(function() for k in pairs(msg.json) do coroutine.yield(k) end end) do all = all .. k end
		for k, v in next, msg.json, nil do all = all .. v end; assert(all == "ab12")`, `{"a":1,"b":2}`, `{"a":1,"b":2}`},
	{"in pcall", `local ok, problem = pcall(function() msg.json.a = print end); assert(not ok and problem:find("a function cannot be written as JSON", 1, true)); msg.json.b = 1`, `{"a":1}`, `{"a":1,"b":1}`},
	{"exact", `local j = msg.json; local id = j.id; assert(tostring(id) == "9007199254740993" and id .. "" == "9007199254740993" and "#" .. id == "#9007199254740993")
		assert(getmetatable(id) == "exact number" and id == j.id and id ~= j.other and id < j.other and id <= j.id and not (id > j.other))
		assert(tonumber(id) == 9007199254740992 and id / 1 == 9007199254740992 and id - 1 == 9007199254740992 and id % 10 == 3 and -id < id)
		j.id = id + 2; j.sum = id + j.other; j.product = id * 2; j.less = id - 9007199254740000; j.neg = -id; j.mod = id % -10; msg.key = id; msg.attributes.id = id`,
		`{"id":9007199254740993,"other":9007199254740999}`,
		`{"id":9007199254740995,"other":9007199254740999,"sum":18014398509481992,"product":18014398509481986,"less":993,"neg":-9007199254740993,"mod":-7}`},
	{"exact with floats", `local a = msg.json[1]; assert(a + 0.5 == 2^53 + 0.5 and a ^ 2 == (2^53) ^ 2 and msg.json[2] + 1 == math.huge and a * "1" == msg.json[1])`, `[9007199254740993,1e400]`, `[9007199254740993,1e400]`},
	{"where exact begins", `for i = 1, 4 do assert(type(msg.json[i]) == (i < 3 and "number" or "userdata"), i) end`,
		`[9007199254740992,-9007199254740992,9007199254740993,-9007199254740994]`, `[9007199254740992,-9007199254740992,9007199254740993,-9007199254740994]`},
}

func TestJSON(t *testing.T) {
	for _, test := range jsonTests {
		t.Run(test.name, func(t *testing.T) {
			report, got := played(t, test.body, test.data)
			if report != (component.Report{}) || got != test.want {
				t.Errorf("%s\n%s\nwant 0\n%s", report, got, test.want)
			}
		})
	}
}

func TestJSONErrors(t *testing.T) {
	deep := strings.Repeat("[", 1001) + strings.Repeat("]", 1001)
	nested := deep[1 : len(deep)-1]
	for _, test := range []struct{ body, data, want string }{
		{`return msg.json.a`, `{"a" 1}`, `msg.json: the data is not JSON: offset 5: expected ':', found '1'`},
		{`return msg.json`, ``, `msg.json: the data is not JSON: offset 0: expected a value, found the end`},
		{`return msg.json.a.b`, `{"a":{"b":1x}}`, `msg.json: the data is not JSON: offset 11: expected`},
		{`return #msg.json`, `[1,2`, `msg.json: the data is not JSON: offset 4: expected ',' or ']', found the end`},
		{`for k in pairs(msg.json) do end`, `{"a":1`, `msg.json: the data is not JSON: offset 6: expected`},
		{`msg.json.a = 2`, `{"a":1} x`, `msg.json: the data is not JSON: offset 8: expected nothing behind the value, found 'x'`},
		{`msg.json.a = 2; return msg.data`, `{"a":1} x`, `msg.json: the data is not JSON: offset 8: expected nothing`},
		{`return msg.json[1][1]`, deep, `msg.json: the data is not JSON: offset 1000: expected nesting of at most 1000, found '['`},
		{`msg.json.a.b = 1`, `{}`, `cannot get the field "b" of a nil value`},
		{`msg.json.a = function() end`, `{}`, `the field "a": a function cannot be written as JSON; use strings, numbers, booleans, gopiper.null and tables of them`},
		{`msg.json.a = { b = { 1, print } }`, `{}`, `the field "a": at .b[2]: a function cannot be written as JSON`},
		{`msg.json.a = msg.attributes`, `{}`, `the field "a": a message's attributes cannot be written as JSON`},
		{`msg.json.a = 0/0`, `{}`, `the field "a": the number NaN cannot be written as JSON; gopiper.null says that there is none`},
		{`msg.json.a = { math.huge }`, `{}`, `the field "a": at [1]: the number +Inf cannot be written as JSON`},
		{`local t = {}; t.t = t; msg.json.a = t`, `{}`, `the field "a": tables are nested more than 1000 deep; does one contain itself?`},
		{`local t = {}; for i = 1, 999 do t = { t } end; msg.json = gopiper.array{ 1 }; msg.json[1] = gopiper.array{ t }`, `{}`, `an array's element: tables are nested more than 1000 deep`},
		{`msg.json.a = { 1, x = 2 }`, `{}`, `the field "a": a table is either a list or has names, not both`},
		{`msg.json.a = { [1] = 1, [3] = 3 }`, `{}`, `the field "a": a list has the elements 1, 2, 3 and so on without a gap`},
		{`msg.json.a = { [0] = 1 }`, `{}`, `the field "a": a table has names or the numbers 1, 2, 3 … as keys, not 0`},
		{`msg.json.a = { [true] = 1 }`, `{}`, `the field "a": a table has names or the numbers 1, 2, 3 … as keys, not the boolean true`},
		{`msg.json.a = gopiper.array{ x = 1 }`, `{}`, `the field "a": a gopiper.array has no name "x"`},
		{`msg.json.a = gopiper.object{ 1 }`, `{}`, `the field "a": a gopiper.object has names, not numbers`},
		{`gopiper.array(5)`, `{}`, `gopiper.array takes a table: gopiper.array{ … }, not the number 5`},
		{`gopiper.object(setmetatable({}, {}))`, `{}`, `gopiper.object takes a table without a metatable`},
		{`msg.json[1] = 1`, `{}`, `a key of a JSON object is a string, not the number 1; use tostring(…)`},
		{`msg.json.x = 1`, `[]`, `a JSON array has elements 1, 2, 3 and so on, not the string "x"`},
		{`msg.json[0] = 1`, `[]`, `a JSON array has elements 1, 2, 3 and so on, not the number 0`},
		{`msg.json[3] = 1`, `[1]`, `a JSON array has no gaps; it has 1 elements, so that the next one is 2, not 3`},
		{`msg.json[1] = nil`, `[1,2]`, `a JSON array has no gaps; use table.remove for element 1 of 2, or gopiper.null`},
		{`table.insert(msg.json, nil)`, `[1,2]`, `table.insert: nil cannot be in a JSON array; gopiper.null is JSON's null`},
		{`table.insert(msg.json, 4, 1)`, `[1,2]`, `table.insert: the position is a number from 1 to 3, not the number 4`},
		{`table.insert(msg.json)`, `[1,2]`, `table.insert takes a list, a position if it likes, and a value`},
		{`table.insert(msg.json, 1)`, `{}`, `table.insert takes a list, not a JSON object`},
		{`table.remove(msg.json)`, `{}`, `table.remove takes a list, not a JSON object`},
		{`next(msg.json, "b")`, `{"a":1}`, `next: the JSON object has no member b`},
		{`msg.json = nil`, `{}`, `msg.json cannot be nil; gopiper.null is JSON's null, and gopiper.DROP drops the message`},
		{`msg.jsn = 1`, `{}`, `a message has no field "jsn"; did you mean "json"?`},
		{`local at = msg.json; for i = 1, 998 do at = at[1] end; at[1] = {{}}; at[1][1] = 5; at[1] = {{{}}}`, nested[1 : len(nested)-1], `msg.json: objects and arrays would be nested more than 1000 deep`},
		{`msg.json = { msg.json }`, nested, `msg.json: objects and arrays would be nested more than 1000 deep`},
		{`local j = msg.json; msg.data = "{}"; return j.a`, `{"a":1}`, `a part of msg.json was used after msg.data or msg.json had been assigned; read msg.json again`},
		{`local j = msg.json.a; msg.json = {}; j.x = 1`, `{"a":{}}`, `a part of msg.json was used after msg.data or msg.json had been assigned; read msg.json again`},
		{`local j = msg.json; msg.data = "{}"; msg.json.a = j`, `{"a":1}`, `a part of msg.json was used after msg.data`},
		{`for k in pairs(msg.json) do msg.data = "{}" end`, `{"a":1}`, `a part of msg.json was used after msg.data`},
		{`return msg.json.id < 5`, `{"id":9007199254740993}`, `cannot compare a userdata value with a number value; the field "id" is null, an object, a list or a whole number beyond 2^53: write tonumber(x), or ask for gopiper.null first`},
		{`return msg.json.id + {}`, `{"id":9007199254740993}`, `cannot calculate with a table`},
		{`return msg.json.id .. {}`, `{"id":9007199254740993}`, `cannot join`},
		{`return msg.json.id + 1`, `{"id":1` + strings.Repeat("0", 1000) + `}`, `a number of 1001 digits is too long to calculate with or to compare`},
	} {
		report, got := played(t, test.body, test.data)
		if report.Status != StatusError || !strings.Contains(report.Description, test.want) || !strings.HasPrefix(report.Description, "test.lua:2: ") ||
			got != test.data && !strings.Contains(test.body, "msg.data =") && !strings.Contains(test.body, "msg.json = gopiper") {
			t.Errorf("%s\n%s, %s\nwant %s", test.body, report, got, test.want)
		}
	}
}

func TestJSONIsRefusedToPredicates(t *testing.T) {
	for _, body := range []string{`msg.json.a = 1`, `msg.json = 1`, `msg.json.a = nil`, `table.insert(msg.json.l, 1)`, `msg.json.l[1] = 1`, `table.remove(msg.json.l)`} {
		f := functionOf(load(t, withFunction(body)), 0, 1)
		m := newFake(`{"l":[]}`)
		if _, err := f.Predicate(0, 0)(m); err == nil || err.Error() != "test.lua:2: a `when` function must not change the message" {
			t.Errorf("%s: %v", body, err)
		}
		if _, err := f.Key(0, 0)(m); err == nil || err.Error() != "test.lua:2: an `order_by` function must not change the message" {
			t.Errorf("%s: %v", body, err)
		}
	}
	f := functionOf(load(t, withFunction(`return msg.json.l[1]`)), 0, 1)
	decide, key := f.Predicate(0, 0), f.Key(0, 0)
	for i := range 3 {
		m := newFake(fmt.Sprintf(`{"l":["%d"]}`, i))
		decision, err := decide(m)
		name, err2 := key(m)
		if !decision || err != nil || err2 != nil || name != fmt.Sprint(i) {
			t.Error(decision, err, name, err2)
		}
	}
}

func TestPartsAreGoodForOneMessage(t *testing.T) {
	s := load(t, `local gopiper = require "gopiper"; local kept = {}
gopiper.createPipeline{ gopiper.stdin{},
  function(msg)
    local j = msg.json
    for i, k in ipairs(kept) do
      for _, use in ipairs{ function() return k.secret end, function() return #k end, function() k.x = 1 end, function() return pairs(k) end,
          function() return ipairs(k) end, function() return next(k) end, function() return tostring(k) end, function() j.k = k end, function() table.insert(k, 1) end } do
        local ok, problem = pcall(use)
        assert(not ok and problem:find("a part of msg.json was used after its function had returned; copy what is needed later", 1, true), problem)
      end
    end
    kept[#kept + 1] = j
    kept[#kept + 1] = j.list
    assert(j.list == kept[#kept])
  end,
  function(msg) if msg.data == "x" then return kept[1].secret end end,
gopiper.stdout{} }`)
	first, second := functionOf(s, 0, 1).Create(0, 0, nil), functionOf(s, 0, 2).Create(0, 0, nil)
	for i := range 5 {
		if r := handle(t, first, newFake(fmt.Sprintf(`{"secret":%d,"list":[1]}`, i))); r.Status != component.Done {
			t.Fatal(r)
		}
	}
	if r := handle(t, second, newFake("x")); r.Status != StatusError || !strings.Contains(r.Description, "after its function had returned") {
		t.Error(r)
	}
}

func TestABatchGoesOnAfterWhatIsNoJSON(t *testing.T) {
	s := load(t, withFunction(`msg.json.n = msg.json.n + 1`))
	worker := functionOf(s, 0, 1).Create(0, 0, nil).(component.BatchHandler)
	messages := []component.Message{newFake(`{"n":1}`), newFake(`{"n":`), newFake(`{"n":2} `), newFake(`{"n":3}x`), newFake(`{"n":4}`)}
	reports := make([]component.Report, len(messages))
	if n := worker.HandleBatch(messages, reports); n != len(messages) {
		t.Fatal(n)
	}
	for i, want := range []struct {
		status int
		data   string
	}{{0, `{"n":2}`}, {StatusError, `{"n":`}, {0, `{"n":3} `}, {StatusError, `{"n":3}x`}, {0, `{"n":5}`}} {
		if reports[i].Status != want.status || string(messages[i].GetData()) != want.data {
			t.Errorf("%d: %s, %s", i, reports[i], messages[i].GetData())
		}
	}
}

func TestWhatIsWrittenAndHowItEnds(t *testing.T) {
	for body, want := range map[string]string{
		`msg.json.a = 2`:                                `{"a":2}`,
		`msg.json.a = 2; return 0`:                      `{"a":2}`,
		`msg.json.a = 2; return msg`:                    `{"a":2}`,
		`msg.json.a = 2; return "x", msg`:               `{"a":2}`,
		`msg.json.a = 2; return 100`:                    `{"a":2}`,
		`msg.json.a = 2; return 200, "no"`:              `{"a":2}`,
		`msg.json.a = 2; return 300`:                    `{"a":1}`,
		`msg.json.a = 2; return "x"`:                    `{"a":1}`,
		`msg.json.a = 2; error("x")`:                    `{"a":1}`,
		`msg.json.a = 2; return true`:                   `{"a":1}`,
		`pcall(function() msg.json.a = print end)`:      `{"a":1}`,
		`pcall(function() msg.json.a = {{} , x=1} end)`: `{"a":1}`,
	} {
		if _, got := played(t, body, `{"a":1}`); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}

// A table that holds another twice, and that another twice and so on, is small
// in Lua only.
func TestJSONIsBounded(t *testing.T) {
	for body, limit := range map[string]time.Duration{
		`local t = { ("x"):rep(1000) }; for i = 1, 40 do t = { t, t } end; msg.json.a = t`:                        time.Minute,
		`local t = {}; for i = 1, 40 do t = { t, t } end; msg.json.a = t`:                                         5 * time.Millisecond,
		`local l = msg.json.l; for i = 1, 1e9 do table.insert(l, 1, i) end`:                                       5 * time.Millisecond,
		`for i = 1, 1e9 do local x = msg.json.none end`:                                                           5 * time.Millisecond,
		`while true do for k in pairs(msg.json) do end end`:                                                       5 * time.Millisecond,
		`while true do msg:copy() end`:                                                                            5 * time.Millisecond,
		`while true do local x = tostring(msg.json) end`:                                                          5 * time.Millisecond,
		`for i = 1, 1e9 do msg.json["k" .. i] = i end`:                                                            5 * time.Millisecond,
		`local k = msg.json.l; while true do for i, v in ipairs(k) do table.remove(k) table.insert(k, v) end end`: 5 * time.Millisecond,
	} {
		s := load(t, withFunction(body), func(o *Options) { o.Limits.Time = limit })
		m := newFake(`{"l":[1,2,3],"s":"` + strings.Repeat("x", 1<<18) + `"}`)
		r := handle(t, functionOf(s, 0, 1).Create(0, 0, nil), m)
		want := "ran for more than 5ms"
		if limit == time.Minute {
			want = "a string would be longer than 32 MiB"
		}
		if !strings.Contains(r.Description, want) {
			t.Errorf("%s: %s", body, r)
		}
	}
}

// What the engine itself needs for four fields is an allocation for each.
func TestJSONAllocatesLittle(t *testing.T) {
	s := load(t, withFunction(`if msg.json.level == "debug" then return gopiper.DROP end; msg.json.env = "prod"`))
	messages, reports := make([]component.Message, 512), make([]component.Report, 512)
	for i := range messages {
		messages[i] = &reused{StandardMessage: newFake(event), data: []byte(event)}
	}
	worker := functionOf(s, 0, 1).Create(0, 0, nil).(component.BatchHandler)
	worker.HandleBatch(messages, reports)
	n := testing.AllocsPerRun(10, func() { worker.HandleBatch(messages, reports) })
	if perMessage := n / 512; perMessage > 4.2 {
		t.Errorf("%v allocations a message", perMessage)
	}
}
