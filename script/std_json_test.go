package script

import (
	"strings"
	"testing"

	"github.com/gopiper/gopiper/script/std"
)

// There is one null, one kind of exact numbers and one mark of arrays: what is
// decoded can be put into msg.json, and what is in msg.json can be handed to the
// library.
func TestStandardJSON(t *testing.T) {
	for _, test := range []struct{ body, data, want string }{
		{`msg.json = gopiper.json.decode(msg.data)`, `{ "b" : 12345678901234567890, "a" : [1.50, null, [], {}, true, "é\n"] }`,
			`{"a":[1.5,null,[],{},true,"é\n"],"b":12345678901234567890}`},
		{`msg.data = gopiper.json.encode(msg.json)`, `{ "b" : 1.0, "a" : [1e3] }`, `{ "b" : 1.0, "a" : [1e3] }`},
		{`msg.data = gopiper.json.encode(msg.json.part)`, `{"part":{"id":9007199254740993,"x":1.0}}`, `{"id":9007199254740993,"x":1.0}`},
		{`msg.json.n = nil; msg.data = gopiper.json.encode{ all = msg.json, list = { msg.json.list } }`, `{"list":[1.0],"n":1}`, `{"all":{"list":[1.0]},"list":[[1.0]]}`},
		{`msg.data = gopiper.json.encode(msg.json.n)`, `{"n":9007199254740993}`, `9007199254740993`},
		{`msg.data = gopiper.json.encode(msg.json.n + 1)`, `{"n":9007199254740993}`, `9007199254740994`},
		{`msg.data = gopiper.json.encode(msg.json.n)`, `{"n":1.0}`, `1`},
		{`msg.data = tostring(gopiper.json.decode("null") == msg.json.x) .. tostring(gopiper.json.decode("[null]")[1] == gopiper.null)`, `{"x":null}`, `truetrue`},
		{`msg.data = tostring(gopiper.json.decode("9007199254740993") == msg.json.n)`, `{"n":9007199254740993}`, `true`},
		{`msg.json.list = gopiper.json.decode("[1e999]"); table.remove(msg.json.list)`, `{}`, `{"list":[]}`},
		{`local list = gopiper.json.decode("[7]"); table.remove(list); msg.json.list = list`, `{}`, `{"list":[]}`},
		{`msg.data = gopiper.json.encode{ a = gopiper.array{}, o = gopiper.object{} }`, ``, `{"a":[],"o":{}}`},
		{`msg.data = gopiper.template("${user.name} of ${user.of.n}, ${n}", msg.json)`, `{"user":{"name":"Ann","of":{"n":9007199254740993}},"n":1.50}`, `Ann of 9007199254740993, 1.5`},
		{`msg.data = gopiper.template("${a.b}", { a = msg.json })`, `{"b":true}`, `true`},
		{`msg.data = gopiper.logfmt.format(msg.json)`, `{"b":1,"a":"x y"}`, `b=1 a="x y"`},
		{`msg.data = gopiper.csv.format(msg.json.list)`, `{"list":["a,b",null,2]}`, `"a,b",,2`},
		{`msg.data = gopiper.url.build{ path = "/", query = msg.json }`, `{"b":[1,2],"a":"x"}`, `/?a=x&b=1&b=2`},
		{`msg.data = tostring(gopiper.ip.in_cidr("10.1.2.3", msg.json))`, `["192.168.0.0/16","10.0.0.0/8"]`, `true`},
		{`msg.data = gopiper.kv.format(gopiper.json.decode(msg.data), "&")`, `{"b":1,"a":true}`, `a&b=1`},
		{`msg.data = select(2, pcall(gopiper.hex.encode, msg.json)):match("%(.*")`, `{}`, `(string expected, got JSON object)`},
		{`local all = msg.json; msg.data = "1"; msg.data = select(2, pcall(gopiper.json.encode, all)):match("a part.*")`, `{}`,
			`a part of msg.json was used after msg.data or msg.json had been assigned; read msg.json again`},
		{`msg.data = select(2, pcall(gopiper.json.encode, msg.json)):match("%(.*")`, `{"a":[1}`, `(msg.json: the data is not JSON: offset 7: expected ',' or ']', found '}')`},
		{`msg.data = select(2, pcall(gopiper.json.encode, gopiper.object{ 1 })):match("%(.*")`, ``, `(a gopiper.object has names, not numbers; use tostring(…) for its keys)`},
		{`msg.data = select(2, pcall(gopiper.json.encode, gopiper.array{ a = 1 })):match("%(.*")`, ``,
			`(a table is either a list or has names, not both; it has the field "a")`},
	} {
		m := newFake(test.data)
		if r := handle(t, functionOf(load(t, withFunction(test.body)), 0, 1).Create(0, 0, nil), m); r.Status != 0 || string(m.GetData()) != test.want {
			t.Errorf("%s on %s: %v\ngot:  %s\nwant: %s", test.body, test.data, r, m.GetData(), test.want)
		}
	}
}

// What a script counts is counted once while it describes, and by every worker
// while it handles messages.
func TestStandardCounts(t *testing.T) {
	var tally std.Tally
	s := load(t, `local gopiper = require "gopiper"; local seen = gopiper.counter("seen"); seen:add(100)
local size = gopiper.gauge("size", { unit = "bytes" })
gopiper.createPipeline{ gopiper.stdin{}, function(msg) seen:add(); size:set(#msg.data); for _ in pairs{} do end end, gopiper.stdout{} }`,
		func(o *Options) { o.Metrics = &tally })
	for worker := range 3 {
		handle(t, functionOf(s, 0, 1).Create(0, worker, nil), newFake(strings.Repeat("x", worker)))
	}
	list := tally.Series()
	if len(list) != 2 || list[0].Name != "seen" || list[0].Value != 103 || list[1].Name != "size" || list[1].Value != 2 || list[1].Labels[0].Value != "bytes" {
		t.Errorf("%+v", list)
	}
}
