package std

import (
	"encoding/json"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawTable draws a table of strings and true.
func drawTable(t *rapid.T, names *rapid.Generator[string]) *Table {
	table := &Table{}
	for _, name := range rapid.SliceOfNDistinct(names, 1, 20, rapid.ID).Draw(t, "names") {
		value := Flag(true)
		if rapid.Bool().Draw(t, "text") {
			value = Text(rapid.String().Draw(t, "value"))
		}
		table.Set(name, value)
	}
	return table
}

// What a function has written its counterpart reads.
func TestRoundTrips(t *testing.T) {
	names := rapid.StringMatching(`[a-zé_.]{1,8}`)
	rapid.Check(t, func(t *rapid.T) {
		c, table := &Context{}, OfTable(drawTable(t, names))
		separators := rapid.SampledFrom([][2]string{{" ", "="}, {";", ":"}, {"&", "="}, {", ", "=>"}, {"\n", "\t"}}).Draw(t, "separators")
		back := func(format, parse string, more ...Value) {
			text, err := try(c, format, append([]Value{table}, more...)...)
			if err != nil {
				t.Fatalf("%s: %v", format, err)
			}
			written := text[0].Text
			got, err := try(c, parse, append([]Value{Text(written)}, more...)...)
			if err != nil || show(got) != show([]Value{table}) {
				t.Fatalf("%s: %q is read as %s, want %s", format, written, show(got), show([]Value{table}))
			}
		}
		back("kv.format", "kv.parse", Text(separators[0]), Text(separators[1]))
		back("logfmt.format", "logfmt.parse")
		back("json.encode", "json.decode")
		list := &Table{Array: true}
		for _, value := range table.Table.Fields {
			list.Append(Text(value.Text))
		}
		table = OfTable(list)
		back("csv.format", "csv.parse")
		for _, pair := range [][2]string{{"hex.encode", "hex.decode"}, {"base64.encode", "base64.decode"}, {"base64.encode_url", "base64.decode_url"},
			{"url.escape", "url.unescape"}, {"compress.gzip", "decompress.gzip"}, {"compress.zlib", "decompress.zlib"},
			{"compress.deflate", "decompress.deflate"}, {"compress.zstd", "decompress.zstd"}, {"compress.snappy", "decompress.snappy"}} {
			table = Text(string(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes")))
			back(pair[0], pair[1])
		}
	})
}

// fuzz calls a function with a text, for which it must return one value, or nil
// and a description.
func fuzz(t *testing.T, c *Context, name string, arguments ...Value) (Value, bool) {
	t.Helper()
	results, err := try(c, name, arguments...)
	if err != nil {
		return Value{}, false
	}
	if len(results) == 2 && (results[0].Kind != Nil || results[1].Text == "") || len(results) == 1 && results[0].Kind == Nil {
		t.Fatalf("%s: %s", name, show(results))
	}
	return results[0], len(results) == 1
}

func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e3,{"b":null}],"c":"\u00e9\n"}`, `[9007199254740993,-0,1e999]`, `[71992071974090992149740909e-9]`, `{"a":1,"a":2}`, ` [ ] `, `"\ud800"`, `[`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &Context{}
		value, ok := fuzz(t, c, "json.decode", Text(text))
		if ok != json.Valid([]byte(text)) && len(text) < 1000 {
			t.Fatalf("%q: %v", text, ok)
		}
		if !ok {
			return
		}
		encoded, err := try(c, "json.encode", value)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		written := encoded[0].Text
		again, ok := fuzz(t, c, "json.decode", Text(written))
		if !ok || !same(value, again) {
			t.Fatalf("%q is written as %q, which is %s, not %s", text, written, show([]Value{again}), show([]Value{value}))
		}
	})
}

// same tells whether a value that was written and read again is the same. A number
// beyond 2^53 that was written with an exponent is written without, and so comes
// back as an exact one, which a Lua number of this size is equal to.
func same(value, again Value) bool {
	if value.Kind == Number && again.Kind == Exact {
		f, err := strconv.ParseFloat(again.Text, 64)
		return err == nil && f == value.Number && math.Abs(f) > exactFrom
	}
	if value.Kind != Map || again.Kind != Map {
		return show([]Value{value}) == show([]Value{again})
	}
	a, b := value.Table, again.Table
	equal := a.Array == b.Array && slices.Equal(a.Names, b.Names)
	return equal && slices.EqualFunc(a.List, b.List, same) && slices.EqualFunc(a.Fields, b.Fields, same)
}

func FuzzKV(f *testing.F) {
	f.Add(`a=1 b="x \" y" c`, " ", "=")
	f.Add(`a: "1";; b:2;`, ";", ":")
	f.Add(`a="`, " ", "=")
	f.Fuzz(func(t *testing.T, text, pair, separator string) {
		c := &Context{}
		value, ok := fuzz(t, c, "kv.parse", Text(text), Text(pair), Text(separator))
		if !ok {
			return
		}
		for i, v := range value.Table.Fields {
			if name := value.Table.Names[i]; name == "" || v.Kind != Boolean && v.Kind != String {
				t.Fatalf("%q: %s", text, show([]Value{value}))
			}
		}
		call(t, c, "hex.encode", Text(text))
	})
}

func FuzzLogfmt(f *testing.F) {
	for _, seed := range []string{`level=info msg="a \"b\" \\" ok`, `a= b`, `="x"`, `a="b`, `a"`, `a="b"c`, "\x00a=\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &Context{}
		value, ok := fuzz(t, c, "logfmt.parse", Text(text))
		if !ok {
			return
		}
		written := call(t, c, "logfmt.format", value)[0].Text
		if again := call(t, c, "logfmt.parse", Text(written)); show(again) != show([]Value{value}) {
			t.Fatalf("%q is written as %q, which is %s", text, written, show(again))
		}
	})
}

func FuzzCSV(f *testing.F) {
	for _, seed := range []string{`1,"a, ""b""",`, `"a`, `"a"b`, "a\r\n", ``, `,`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &Context{}
		value, ok := fuzz(t, c, "csv.parse", Text(text))
		if !ok {
			return
		}
		written := call(t, c, "csv.format", value)[0].Text
		if last := value.Table.List[len(value.Table.List)-1].Text; strings.HasSuffix(last, "\n") && !strings.HasSuffix(written, `"`) {
			t.Fatalf("%q", written)
		}
		if again := call(t, c, "csv.parse", Text(written)); show(again) != show([]Value{value}) {
			t.Fatalf("%q is written as %q, which is %s", text, written, show(again))
		}
	})
}

func FuzzDissect(f *testing.F) {
	for _, seed := range [][2]string{{"a b  c", "%{x} %{y->} %{z}"}, {"k=v", "%{*k}=%{&k}"}, {"1 2 3", "%{+a/2} %{+a/1} %{}"}, {"x", "%{a"}, {"[a]", "[%{a}]"}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, pattern string) {
		value, ok := fuzz(t, &Context{}, "dissect", Text(text), Text(pattern))
		if !ok {
			return
		}
		total := 0
		for _, v := range value.Table.Fields {
			total += len(v.Text)
		}
		if total > len(text)+len(pattern)*(len(text)+1) {
			t.Fatalf("%q, %q: %s", text, pattern, show([]Value{value}))
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, test := range timeTests {
		f.Add(test.text, test.layout)
	}
	f.Fuzz(func(t *testing.T, text, layout string) {
		c := &Context{}
		value, ok := fuzz(t, c, "time.parse", Text(text), Text(layout))
		if ok && (value.Kind != Number || value.Number != value.Number) {
			t.Fatalf("%q, %q: %s", text, layout, show([]Value{value}))
		}
		fuzz(t, c, "time.format", Num(float64(len(text))*1e8), Text(layout))
	})
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{"https://u:p@h:1/p%2Fq?a=b&c#d", "mailto:a@b", "//[::1]:80", "?a=%zz", "http://h:99999", "a:b:c", "/a b"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c := &Context{}
		value, ok := fuzz(t, c, "url.parse", Text(text))
		if !ok {
			return
		}
		if _, err := url.Parse(text); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		want := show([]Value{value})
		built, ok := fuzz(t, c, "url.build", value)
		if !ok || value.Table.Get("opaque").Kind != Nil || value.Table.Get("host").Kind == Nil {
			return
		}
		again, ok := fuzz(t, c, "url.parse", Text(built.Text))
		for _, part := range []string{"scheme", "user", "password", "port"} {
			if !ok || show([]Value{again.Table.Get(part)}) != show([]Value{value.Table.Get(part)}) {
				t.Fatalf("%q is built as %q: %s, want %s", text, built.Text, show([]Value{again}), want)
			}
		}
		fuzz(t, c, "url.query", Text(text))
	})
}

func FuzzTemplate(f *testing.F) {
	for _, seed := range []string{"${a} $$ ${b.c}", "$", "${", "${}", "$$$${a}"} {
		f.Add(seed)
	}
	values := OfTable(&Table{Names: []string{"a", "b"}, Fields: []Value{Num(1), OfTable(&Table{Names: []string{"c"}, Fields: []Value{Text("x")}})}})
	f.Fuzz(func(t *testing.T, text string) {
		c := &Context{}
		value, ok := fuzz(t, c, "template", Text(text), values)
		if !ok {
			return
		}
		if !strings.Contains(text, "$") && value.Text != text {
			t.Fatalf("%q: %q", text, value.Text)
		}
		escaped := strings.ReplaceAll(value.Text, "$", "$$")
		if again := call(t, c, "template", Text(escaped), values); again[0].Text != value.Text {
			t.Fatalf("%q: %q", escaped, again[0].Text)
		}
	})
}
