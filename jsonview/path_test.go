package jsonview

import (
	"slices"
	"strings"
	"testing"
)

func TestParsePath(t *testing.T) {
	key := func(k string) step { return step{key: k, index: noIndex} }
	at := func(i int) step { return step{index: i} }
	for _, c := range []struct {
		text, shortest string
		want           []step
	}{
		{"a", "a", []step{key("a")}},
		{"a.b.c", "a.b.c", []step{key("a"), key("b"), key("c")}},
		{"tags[0]", "tags[0]", []step{key("tags"), at(0)}},
		{"[3][04].x", "[3][4].x", []step{at(3), at(4), key("x")}},
		{`["a.b"]`, `["a.b"]`, []step{key("a.b")}},
		{`a["b c"].d`, `a.b c.d`, []step{key("a"), key("b c"), key("d")}},
		{`a[""]`, `a[""]`, []step{key("a"), key("")}},
		{`["é\"\n"]`, `["é\"\n"]`, []step{key("é\"\n")}},
		{"größe.x-y z", "größe.x-y z", []step{key("größe"), key("x-y z")}},
	} {
		p, err := ParsePath(c.text)
		if err != nil || !slices.Equal(p.steps, c.want) || p.String() != c.shortest {
			t.Errorf("ParsePath(%q) = %v (%s), %v; want %v (%s)", c.text, p.steps, p, err, c.want, c.shortest)
		}
	}
}

func TestPathErrors(t *testing.T) {
	const key = `a key; one that is empty or holds . [ ] or " is written as ["…"]`
	const index = "an index from 0 up to 2147483647, or a key in quotes"
	for _, c := range []struct{ text, want string }{
		{"", `path "", offset 0: expected a key or '[', found the end`},
		{".a", `path ".a", offset 0: expected ` + key + `, found "."`},
		{"a..b", `path "a..b", offset 2: expected ` + key + `, found "."`},
		{"a.", `path "a.", offset 2: expected ` + key + `, found the end`},
		{"a]", `path "a]", offset 1: expected '.' or '[', found "]"`},
		{"a[x]", `path "a[x]", offset 2: expected ` + index + `, found "x"`},
		{"a[-1]", `path "a[-1]", offset 2: expected ` + index + `, found "-"`},
		{"a[2147483648]", `path "a[2147483648]", offset 12: expected ` + index + `, found "]"`},
		{"a[0", `path "a[0", offset 3: expected ']', found the end`},
		{`a["b]`, `path "a[\"b]", offset 5: expected '"' to end the string, found the end`},
		{`a["b"`, `path "a[\"b\"", offset 5: expected ']', found the end`},
		{"a[0]b", `path "a[0]b", offset 4: expected '.' or '[', found "b"`},
		{"a" + strings.Repeat("[0]", MaxDepth), "path of 1001 steps: at most 1000 can lead anywhere"},
	} {
		if p, err := ParsePath(c.text); err == nil || err.Error() != c.want {
			t.Errorf("ParsePath(%.30q) = %v, %v; want %s", c.text, p, err, c.want)
		}
	}
}

func TestPathKey(t *testing.T) {
	for text, want := range map[string]string{"a": "a", `["a.b"]`: "a.b", "a.b": "", "[0]": ""} {
		p, err := ParsePath(text)
		if err != nil {
			t.Fatal(err)
		}
		if key, ok := p.Key(); key != want || ok != (want != "") {
			t.Errorf("%s: Key() = %q, %v", text, key, ok)
		}
	}
}

// FuzzPath checks that whatever parses is written as a path that parses to the
// same.
func FuzzPath(f *testing.F) {
	for _, text := range []string{"a.b[0]", `["a.b"].c`, `a["\u0041\ud83d"]`, "[1][2]", `a[""]`, "x y.z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := ParsePath(text)
		if err != nil {
			return
		}
		again, err := ParsePath(p.String())
		if err != nil || !slices.Equal(p.steps, again.steps) {
			t.Fatalf("%q is written as %q, which parses as %v, %v", text, p, again, err)
		}
	})
}
