package script

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
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

// drawJSON draws the text of a JSON value.
func drawJSON(t *rapid.T, depth int) string {
	kinds := 6
	if depth > 3 {
		kinds = 4
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return rapid.SampledFrom([]string{"null", "true", "false", "1.0", "1e3", "-0", "0.1", "1e999", "1e-999", "9007199254740992"}).Draw(t, "word")
	case 1:
		return strconv.FormatInt(rapid.Int64().Draw(t, "whole"), 10)
	case 2:
		return string(jsonview.AppendString(nil, rapid.String().Draw(t, "text")))
	case 3:
		return rapid.SampledFrom([]string{"[]", "{}", `"\u00e9\n\ud83d\ude00"`, `""`}).Draw(t, "small")
	case 4:
		var parts []string
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			parts = append(parts, drawJSON(t, depth+1))
		}
		return "[ " + strings.Join(parts, ", ") + "]"
	}
	var parts []string
	for range rapid.IntRange(0, 4).Draw(t, "fields") {
		parts = append(parts, string(jsonview.AppendString(nil, rapid.StringN(0, 2, -1).Draw(t, "name")))+": "+drawJSON(t, depth+1))
	}
	return "{" + strings.Join(parts, ",") + " }"
}

// What is decoded and encoded has the same values, for Lua tables as for those of
// the library, and can be decoded and encoded again.
func TestStandardJSONRoundTrip(t *testing.T) {
	c := functionOf(load(t, withFunction(`msg.data = gopiper.json.encode(gopiper.json.decode(msg.data))`)), 0, 1).Create(0, 0, nil).(component.BatchHandler)
	contexts := map[string]*std.Context{"json.decode": {}, "json.encode": {}} // results are good until the next call with the same one
	library := func(name string, value std.Value) std.Value {
		for _, f := range std.Functions() {
			if f.Name == name {
				results, err := f.Call(contexts[name], []std.Value{value})
				if err != nil {
					t.Fatal(err)
				}
				return results[0]
			}
		}
		return std.Value{}
	}
	rapid.Check(t, func(t *rapid.T) {
		text := drawJSON(t, 0)
		m := newFake(text)
		for range 2 {
			reports := make([]component.Report, 1)
			if c.HandleBatch([]component.Message{m}, reports); reports[0].Status != 0 {
				t.Fatalf("%s: %v", text, reports[0])
			}
			value := library("json.decode", std.Text(text))
			sortAll(value)
			if want := library("json.encode", value).Text; string(m.GetData()) != want {
				t.Fatalf("%s\ngot:  %s\nwant: %s", text, m.GetData(), want)
			}
		}
		if before, after := parsedJSON(t, text), parsedJSON(t, string(m.GetData())); !strings.Contains(text, ":") && plain(before) != plain(after) {
			t.Fatalf("%s became %s", text, m.GetData()) // of names that repeat Go takes the last
		}
	})
}

func parsedJSON(t *rapid.T, text string) (value any) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func sortAll(v std.Value) {
	if v.Kind == std.Map {
		v.Table.Sort()
		for _, inner := range append(v.Table.List, v.Table.Fields...) {
			sortAll(inner)
		}
	}
}

// plain shows a value with its numbers as they are, however they are written.
func plain(value any) string {
	switch v := value.(type) {
	case json.Number:
		n, _, err := big.ParseFloat(v.String(), 10, 200, big.ToNearestEven)
		if f, _ := n.Float64(); err == nil && strings.ContainsAny(v.String(), ".e") && f != 0 && !math.IsInf(f, 0) {
			return strconv.FormatFloat(f, 'g', -1, 64)
		}
		return n.Text('g', 60)
	case []any:
		var parts []string
		for _, element := range v {
			parts = append(parts, plain(element))
		}
		return fmt.Sprint(parts)
	}
	return fmt.Sprintf("%#v", value)
}
