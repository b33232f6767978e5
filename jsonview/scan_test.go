package jsonview

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestSyntaxErrorsSayWhereAndWhat(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "offset 0: expected a value, found the end"},
		{"  ", "offset 2: expected a value, found the end"},
		{"x", "offset 0: expected a value, found 'x'"},
		{"{} {}", "offset 3: expected nothing behind the value, found '{'"},
		{"{", "offset 1: expected a key in quotes or '}', found the end"},
		{"{a:1}", "offset 1: expected a key in quotes or '}', found 'a'"},
		{`{"a":1,}`, "offset 7: expected a key in quotes, found '}'"},
		{`{"a":1`, "offset 6: expected ',' or '}', found the end"},
		{`{"a":1]`, "offset 6: expected ',' or '}', found ']'"},
		{`{"a" 1}`, "offset 5: expected ':', found '1'"},
		{`{"a":}`, "offset 5: expected a value, found '}'"},
		{`{"a":[1 2]}`, "offset 8: expected ',' or ']', found '2'"},
		{`[1,]`, "offset 3: expected a value, found ']'"},
		{`[tru]`, "offset 1: expected true, false or null, found 't'"},
		{`[nul`, "offset 1: expected true, false or null, found 'n'"},
		{`"abc`, "offset 4: expected '\"' to end the string, found the end"},
		{`"a long string without an end`, "offset 29: expected '\"' to end the string, found the end"},
		{"\"a\nb\"", "offset 2: expected an escape instead of a control character in the string, found '\\n'"},
		{"\"a long string with\na control character\"", "offset 19: expected an escape instead of a control character in the string, found '\\n'"},
		{`"\x"`, "offset 2: expected one of \"\\/bfnrtu behind the backslash, found 'x'"},
		{`"\`, "offset 2: expected one of \"\\/bfnrtu behind the backslash, found the end"},
		{`"\u12g4"`, "offset 5: expected a hexadecimal digit, found 'g'"},
		{`"\u12`, "offset 5: expected a hexadecimal digit, found the end"},
		{"-", "offset 1: expected a digit, found the end"},
		{"-x", "offset 1: expected a digit, found 'x'"},
		{"01", "offset 1: expected nothing behind the value, found '1'"},
		{"1.", "offset 2: expected a digit, found the end"},
		{"1e+", "offset 3: expected a digit, found the end"},
		{"\xff", "offset 0: expected a value, found byte 0xff"},
		{"{\n \"a\": 1,\n}", "offset 11, line 3, column 1: expected a key in quotes, found '}'"},
		{"[\n", "offset 2, line 2, column 1: expected a value, found the end"},
		{strings.Repeat("[", 1001), "offset 1000: expected nesting of at most 1000, found '['"},
		{strings.Repeat("[", 2_000_000), "offset 1000: expected nesting of at most 1000, found '['"},
	} {
		_, err := Parse([]byte(c.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || err.Error() != c.want {
			t.Errorf("Parse(%.40q): %v; want %s", c.text, err, c.want)
		}
	}
}

func TestNestingUpToTheBound(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("[", MaxDepth) + strings.Repeat("]", MaxDepth),
		strings.Repeat(`{"a":[`, MaxDepth/2) + "1" + strings.Repeat("]}", MaxDepth/2),
	} {
		if _, err := Parse([]byte(text)); err != nil {
			t.Errorf("%.20s…: %v", text, err)
		}
	}
}

// FuzzParse checks that the scanner takes exactly what encoding/json takes.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		``, `{}`, `[]`, `{"a":[1,{"b":null}],"c":"\u00e9\n"}`, `[-0.5e+3,1E9,0]`, ` [ true , false ] `,
		`{"a":{},"b":[[],{}]}`, `"\ud83d\ude00 and a longer text behind it"`, `[[[[]]],]`, `nul`, `{"a":1}}`,
		"\"\x7f\x80\xff\"", "\"0123456\x1f\"", "[1,2", `{"k":"v"`, `-`, `1.5.5`, `[1}`, `{"a":1]`, `{"a","b"}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		value, err := Parse(text)
		if valid := json.Valid(text); valid != (err == nil) && nesting(text) <= MaxDepth {
			t.Fatalf("%q: encoding/json says %v, Parse %v", text, valid, err)
		}
		if err == nil && strings.Trim(string(text), " \t\r\n") != string(value.Raw()) {
			t.Fatalf("%q: the value is %q", text, value.Raw())
		}
	})
}

// nesting is at least how deep the text is nested.
func nesting[T string | []byte](text T) int {
	return strings.Count(string(text), "[") + strings.Count(string(text), "{")
}
