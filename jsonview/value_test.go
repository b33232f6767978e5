package jsonview

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestGet(t *testing.T) {
	for _, c := range []struct {
		text, path, want string
		kind             Kind
	}{
		{`{"a":1,"b":{"c":[10,{"d":"x"}]}}`, "b.c[1].d", `"x"`, String},
		{`{"a":1,"b":{"c":[10,{"d":"x"}]}}`, "b.c[0]", `10`, Number},
		{` { "a" : [ 1 , 2 ] } `, "a", `[ 1 , 2 ]`, Array},
		{`[[],{},null]`, "[2]", `null`, Null},
		{`{"a":1,"a":2}`, "a", `1`, Number},
		{`{"a":{"b":1},"a":{"c":2}}`, "a.c", ``, Missing},
		{`{"a\u002eb":true}`, `["a.b"]`, `true`, Bool},
		{`{"\ud83d\ude00 and a key of more than sixty-four bytes, which is a long one":{}}`, `😀 and a key of more than sixty-four bytes, which is a long one`, `{}`, Object},
		{`{"a":1}`, "b", ``, Missing},
		{`{"a":1}`, "a.b", ``, Missing},
		{`{"a":1}`, "a[0]", ``, Missing},
		{`[1]`, "[1]", ``, Missing},
		{`[]`, "[0]", ``, Missing},
		{`{}`, "a", ``, Missing},
		{`5`, "a", ``, Missing},
		{`{"a":7, this is not JSON`, "a", `7`, Number},
	} {
		v, err := Get([]byte(c.text), path(c.path))
		if err != nil || string(v.Raw()) != c.want || v.Kind() != c.kind || v.Exists() != (c.kind != Missing) {
			t.Errorf("Get(%s, %s) = %v %s, %v; want %v %s", c.text, c.path, v.Kind(), v.Raw(), err, c.kind, c.want)
		}
		if v.Exists() && !strings.HasPrefix(c.text[v.Offset():], c.want) {
			t.Errorf("Get(%s, %s): offset %d", c.text, c.path, v.Offset())
		}
	}
}

func TestGetFailsWhereTheTextIsBroken(t *testing.T) {
	for _, c := range []struct{ text, path, want string }{
		{`{"a":{"b":tru}}`, "a", "offset 10: expected true, false or null, found 't'"},
		{`{"a" 1}`, "b", "offset 5: expected ':', found '1'"},
		{`{"a":1]`, "b", "offset 6: expected ',' or '}', found ']'"},
		{`[1 2]`, "[1]", "offset 3: expected ',' or ']', found '2'"},
		{`[1,]`, "[1]", "offset 3: expected a value, found ']'"},
		{`{"a":{"x":1}`, "a.b", "offset 12: expected ',' or '}', found the end"},
		{`{"a":1} x`, "b", "offset 8: expected nothing behind the value, found 'x'"},
		{`{"a":[}`, "a.b", "offset 6: expected a value, found '}'"},
		{``, "a", "offset 0: expected a value, found the end"},
	} {
		v, err := Get([]byte(c.text), path(c.path))
		if err == nil || err.Error() != c.want || v.Exists() {
			t.Errorf("Get(%s, %s) = %s, %v; want %s", c.text, c.path, v.Raw(), err, c.want)
		}
	}
}

func TestScalars(t *testing.T) {
	for _, c := range []struct {
		text, str string
		whole     any
		float     any
	}{
		{`0`, "0", int64(0), 0.0},
		{`-9223372036854775808`, "-9223372036854775808", int64(math.MinInt64), -9223372036854775808.0},
		{`9007199254740993`, "9007199254740993", int64(9007199254740993), 9007199254740992.0},
		{`9223372036854775808`, "9223372036854775808", "offset 0: expected a whole number of 64 bits, found 9223372036854775808", 9223372036854775808.0},
		{`1.50`, "1.50", "offset 0: expected a whole number of 64 bits, found 1.50", 1.5},
		{`1e400`, "1e400", "offset 0: expected a whole number of 64 bits, found 1e400", "offset 0: expected a number that a float64 can hold, found 1e400"},
		{` "5"`, "5", "offset 1: expected a whole number of 64 bits, found a string", "offset 1: expected a number that a float64 can hold, found a string"},
		{`true`, "true", "offset 0: expected a whole number of 64 bits, found a boolean", "offset 0: expected a number that a float64 can hold, found a boolean"},
		{`"a\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00\ud83d\u0041\ude00\ud83dx"`, "a\"\\/\b\f\n\r\té😀\uFFFDA\uFFFD\uFFFDx", nil, nil},
		{`"\ud83d"`, "\uFFFD", nil, nil},
		{`"\ud83d\ud83d\ude00"`, "\uFFFD😀", nil, nil},
	} {
		v, err := Parse([]byte(c.text))
		if err != nil || v.String() != c.str || string(v.Text(nil)) != c.str || string(v.AppendText([]byte("x"))) != "x"+c.str {
			t.Errorf("%s: %q, %q, %v; want %q", c.text, v.String(), v.Text(nil), err, c.str)
		}
		if c.whole == nil {
			continue
		}
		if n, err := v.Int(); answer(n, err) != c.whole {
			t.Errorf("%s: Int() = %v, %v; want %v", c.text, n, err, c.whole)
		}
		if f, err := v.Float(); answer(f, err) != c.float {
			t.Errorf("%s: Float() = %v, %v; want %v", c.text, f, err, c.float)
		}
	}
	if v := must(Parse([]byte("true"))); !v.Bool() || must(Parse([]byte("false"))).Bool() {
		t.Error("booleans")
	}
	if v := (Value{}); v.String() != "" || v.Get(path("a")).Exists() || v.Len() != 0 || v.Bool() {
		t.Error("the zero Value is not Missing")
	}
}

func answer(value any, err error) any {
	if err != nil {
		return err.Error()
	}
	return value
}

func TestIteration(t *testing.T) {
	v := must(Parse([]byte(` { "b" : 1 , "a":[ 2 , {} ] , "b":null } `)))
	var got []string
	for key, value := range v.Members {
		got = append(got, key.String()+"="+string(value.Raw()))
	}
	if want := []string{"b=1", "a=[ 2 , {} ]", "b=null"}; !reflect.DeepEqual(got, want) || v.Len() != 3 {
		t.Errorf("%q, %d members; want %q", got, v.Len(), want)
	}
	got = nil
	a := v.Get(path("a"))
	for i, e := range a.Elements {
		got = append(got, string(rune('0'+i))+string(e.Raw()))
		if e.Offset() != 19+i*4 {
			t.Errorf("element %d is at %d", i, e.Offset())
		}
	}
	if want := []string{"02", "1{}"}; !reflect.DeepEqual(got, want) || a.Len() != 2 {
		t.Errorf("%q, %d elements; want %q", got, a.Len(), want)
	}
	for range v.Members {
		break
	}
	for range a.Elements {
		break
	}
	for range a.Members {
		t.Error("an array has a member")
	}
	for range v.Elements {
		t.Error("an object has an element")
	}
}

// TestGetAgreesWithReference looks for random paths in random texts.
func TestGetAgreesWithReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		p := drawPath(t)
		want := ""
		if found := parseTree(text).find(p.steps); found != nil {
			want = found.raw
		}
		v, err := Get([]byte(text), p)
		if err != nil || string(v.Raw()) != want {
			t.Fatalf("Get(%s, %s) = %q, %v; want %q", text, p, v.Raw(), err, want)
		}
		again := must(Parse([]byte(text))).Get(p)
		if !reflect.DeepEqual(v, again) {
			t.Fatalf("Get(%s, %s) = %v; from the value it is %v", text, p, v, again)
		}
	})
}

// FuzzGet checks that Get fails only on broken texts, and that no text without
// the value passes unless it is sound.
func FuzzGet(f *testing.F) {
	f.Add(event)
	f.Add(`{"a":[{"b":1},{"b":[2`)
	f.Add(`{"a":{"b":1},"a":[1,{"b":2}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range []string{"a", "a.b", "a[1].b", "[0]", "http.status"} {
			v, err := Get([]byte(text), path(p))
			var syntax *SyntaxError
			switch valid := json.Valid([]byte(text)); {
			case err != nil && !errors.As(err, &syntax), err != nil && v.Exists():
				t.Fatalf("%q, %s: %v and %s", text, p, err, v.Raw())
			case valid && err != nil && nesting(text) <= MaxDepth:
				t.Fatalf("%q is JSON, but %s: %v", text, p, err)
			case !valid && err == nil && !v.Exists():
				t.Fatalf("%q is not JSON, but %s is just missing", text, p)
			case v.Exists() && !json.Valid(v.Raw()):
				t.Fatalf("%q, %s: %q is not JSON", text, p, v.Raw())
			}
		}
	})
}

func TestAppend(t *testing.T) {
	deep := []any{nil}
	deep[0] = deep
	for _, c := range []struct {
		value any
		want  string
	}{
		{nil, "null"}, {true, "true"}, {"a\"\\\n\r\t\x01é<\xff", "\"a\\\"\\\\\\n\\r\\t\\u0001é<\xff\""},
		{7, "7"}, {int64(math.MaxInt64), "9223372036854775807"}, {1.0, "1"}, {-0.5, "-0.5"}, {1e20, "100000000000000000000"},
		{1e21, "1e+21"}, {1e-7, "1e-07"}, {[]any{}, "[]"}, {[]string{"a", "b"}, `["a","b"]`},
		{map[string]any{"b": []any{1.0, nil}, "a": map[string]any{}}, `{"a":{},"b":[1,null]}`},
		{must(Get([]byte(`{"a": [1.0] }`), path("a"))), "[1.0]"}, {Value{}, "null"},
		{math.NaN(), "error: NaN is no number in JSON"},
		{[]any{0, math.Inf(1)}, "error: element 2: +Inf is no number in JSON"},
		{map[string]any{"a": []any{struct{}{}}}, `error: "a": element 1: a struct {} cannot be written as JSON`},
	} {
		text, err := Append(nil, c.value)
		if got := string(text); err == nil && got != c.want || err != nil && "error: "+err.Error() != c.want {
			t.Errorf("Append(%v) = %s, %v; want %s", c.value, got, err, c.want)
		}
	}
	if _, err := Append(nil, deep); err == nil || !strings.HasSuffix(err.Error(), "nested deeper than 1000, or in itself") {
		t.Error(err)
	}
}

// TestStringsRoundTrip checks the escapes against encoding/json, both ways.
func TestStringsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "string")
		var back string
		if err := json.Unmarshal(AppendString(nil, s), &back); err != nil || back != s {
			t.Fatalf("%q is written as %s, which encoding/json reads as %q, %v", s, AppendString(nil, s), back, err)
		}
		if v, err := Parse(must(json.Marshal(s))); err != nil || v.String() != s {
			t.Fatalf("%q reads as %q, %v", must(json.Marshal(s)), v, err)
		}
	})
}
