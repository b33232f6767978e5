package jsonview

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func path(text string) Path { return must(ParsePath(text)) }

// edit makes an edit of a line such as "set a.b 1", "rename a b".
func edit(line string) Edit {
	operation, rest, _ := strings.Cut(line, " ")
	where, what, _ := strings.Cut(rest, " ")
	switch operation {
	case "set":
		return Set(path(where), []byte(what))
	case "delete":
		return Delete(path(where))
	case "rename":
		return Rename(path(where), what)
	case "keep":
		return Keep(path(where))
	}
	panic(line)
}

func edits(lines string) []Edit {
	var list []Edit
	for _, line := range strings.Split(lines, "; ") {
		list = append(list, edit(line))
	}
	return list
}

func TestApply(t *testing.T) {
	for _, c := range []struct{ name, edits, text, want string }{
		{"set replaces", `set a 2`, `{"a":1,"b":1}`, `{"a":2,"b":1}`},
		{"set replaces a container", `set a 2`, `{ "a" : { "x" : [1] } , "b":1}`, `{ "a" : 2 , "b":1}`},
		{"set adds behind the others", `set c "x"; set d [1, 2]`, `{"a":1}`, `{"a":1,"c":"x","d":[1, 2]}`},
		{"set adds to an empty object", `set a 1`, "{ }", `{"a":1 }`},
		{"set keeps the line", `set c 1`, "{\n  \"a\": 1\n}\n", "{\n  \"a\": 1,\"c\":1\n}\n"},
		{"set makes objects on the way", `set a.b.c 1; set a.d 2`, `{}`, `{"a":{"b":{"c":1},"d":2}}`},
		{"set adds to the object on the way", `set a.b.c 1`, `{"a":{"x":0}}`, `{"a":{"x":0,"b":{"c":1}}}`},
		{"set takes null for nothing", `set a.b 1`, `{"a":null}`, `{"a":{"b":1}}`},
		{"set takes a root of null for nothing", `set a.b 1`, ` null `, ` {"a":{"b":1}} `},
		{"set an element", `set a[1] 0`, `{"a":[1, 2 ,3]}`, `{"a":[1, 0 ,3]}`},
		{"set appends an element", `set a[2] 0; set a[3] 0`, `{"a":[1,2]}`, `{"a":[1,2,0,0]}`},
		{"set makes an array", `set a[0].b 0; set a[1] 1`, `{}`, `{"a":[{"b":0},1]}`},
		{"set in the root array", `set [1] 5`, `[1]`, `[1,5]`},
		{"set every member of the name", `set a 0`, `{"a":1,"b":2,"a":3}`, `{"a":0,"b":2,"a":0}`},
		{"set finds an escaped key", `set ab 0`, `{"a\u0062":1}`, `{"a\u0062":0}`},
		{"set a quoted key", `set ["a.b"].c 0`, `{"a":{"b":1}}`, `{"a":{"b":1},"a.b":{"c":0}}`},
		{"set to a value with space around it", "set a  [1] ", `{"a":0}`, `{"a":[1]}`},
		{"delete the first", `delete a`, `{ "a":1, "b":2 }`, `{ "b":2 }`},
		{"delete in the middle", `delete b`, `{"a":1 , "b":2 , "c":3}`, `{"a":1 , "c":3}`},
		{"delete the last", `delete b`, "{\n  \"a\": 1,\n  \"b\": 2\n}", "{\n  \"a\": 1\n}"},
		{"delete all", `delete a; delete b`, "{ \"a\":1 , \"b\":2 }", "{ }"},
		{"delete the first two", `delete a; delete b`, `{"a":1,"b":2,"c":3}`, `{"c":3}`},
		{"delete every member of the name", `delete a`, `{"a":1,"b":2,"a":3}`, `{"b":2}`},
		{"delete inside", `delete a.b`, `{"a":{"b":1},"b":2}`, `{"a":{},"b":2}`},
		{"delete what is not there", `delete x; delete a.x; delete b.x; delete c[0]; delete d[3]`, `{"a":{},"b":1,"c":{},"d":[]}`, ``},
		{"delete elements by their old places", `delete a[0]; delete a[2]`, `{"a":[ 1, 2, 3, 4 ]}`, `{"a":[ 2, 4 ]}`},
		{"delete and set", `delete a; set b 1`, `{"a":1}`, `{"b":1}`},
		{"rename", `rename a z`, `{"a" : 1,"b":2}`, `{"z" : 1,"b":2}`},
		{"rename inside", `rename a.b z"`, `{"a":{"b":1}}`, `{"a":{"z\"":1}}`},
		{"rename what is not there", `rename x b`, `{"a":1,"b":2}`, ``},
		{"rename removes who has the key, before", `rename a b`, `{"b":2,"a":1,"c":3}`, `{"b":1,"c":3}`},
		{"rename removes who has the key, behind", `rename a b`, `{"a":1,"c":3,"b":2}`, `{"b":1,"c":3}`},
		{"rename swaps", `rename a b; rename b a`, `{"a":1,"b":2}`, `{"b":1,"a":2}`},
		{"rename in a chain", `rename a b; rename b c`, `{"c":3,"b":2,"a":1}`, `{"c":2,"b":1}`},
		{"rename every member of the name", `rename a b`, `{"a":1,"a":2}`, `{"b":1,"b":2}`},
		{"rename and delete inside", `rename a b; delete a.x`, `{"a":{"x":1,"y":2}}`, `{"b":{"y":2}}`},
		{"keep", `keep b; keep d`, `{"a":1, "b":2, "c":3, "d":4, "e":5}`, `{ "b":2, "d":4}`},
		{"keep inside", `keep a.b`, `{"a":{"x":1,"b":2},"c":3}`, `{"a":{"b":2}}`},
		{"keep nothing", `keep x`, `{"a":1}`, `{}`},
		{"keep drops what is emptied", `keep a.b; keep c`, `{"a":{"x":1},"c":3}`, `{"c":3}`},
		{"keep drops what it cannot be in", `keep a.b; keep c`, `{"a":1,"c":3}`, `{"c":3}`},
		{"keep all there is", `keep a; keep b`, `{"b": 1, "a": 2}`, ``},
		{"keep, set, rename and delete", `keep a; set e 1; rename m n; delete a.t`, `{"m":0,"a":{"t":1,"u":2},"b":3}`, `{"n":0,"a":{"u":2},"e":1}`},
		{"keep a whole and a part", `keep a; keep a.b`, `{"a":{"b":1,"c":2},"d":3}`, `{"a":{"b":1,"c":2}}`},
		{"keep a part of what is renamed", `rename a z; keep a.b`, `{"a":{"b":1,"c":2},"d":3}`, `{"z":{"b":1}}`},
		{"keep elements", `keep a[1]; keep a[3].x`, `{"a":[1,2,3,{"x":4,"y":5}]}`, `{"a":[2,{"x":4}]}`},
		{"what is not touched stays", `set z 1`, `{"n":1.000e+2,"n":-0,"s":"\u0041\/","t":[ ],"o":{ }}`, `{"n":1.000e+2,"n":-0,"s":"\u0041\/","t":[ ],"o":{ },"z":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := Compile(edits(c.edits)...)
			if err != nil {
				t.Fatal(err)
			}
			got, changed, err := p.Apply([]byte("before "), []byte(c.text))
			if want := "before " + c.want; err != nil || string(got) != want || changed != (c.want != "") {
				t.Errorf("%s on %s: %q, %v, %v; want %q", c.edits, c.text, got, changed, err, want)
			}
			if room := len(c.text) + p.Growth(); len(c.want) > room && !strings.Contains(c.name, "every") {
				t.Errorf("%s on %s: %d bytes came out, but only %d were announced", c.edits, c.text, len(c.want), room)
			}
		})
	}
}

func TestManyKeys(t *testing.T) {
	var list []Edit
	text, want := "{", "{"
	for i := range maxAwaited {
		key := string(rune('a'+i%26)) + strings.Repeat("x", i/26*9)
		list = append(list, Set(path(key), []byte("1")))
		if i%2 == 0 {
			text += `"` + key + `":0,`
			want += `"` + key + `":1,`
		}
	}
	text, want = text+`"other":0}`, want+`"other":0`
	for i := 1; i < maxAwaited; i += 2 {
		want += "," + string(list[i].path.mustKey()) + ":1"
	}
	got, _, err := must(Compile(list...)).Apply(nil, []byte(text))
	if err != nil || string(got) != want+"}" {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if _, err := Compile(append(list, edit("rename other another"))...); err == nil ||
		err.Error() != "257 members of one object are set or renamed; at most 256 can be" {
		t.Error(err)
	}
}

func (p Path) mustKey() []byte { return AppendString(nil, p.steps[0].key) }

func TestMismatches(t *testing.T) {
	for _, c := range []struct{ edits, text, want string }{
		{`set a.b 1`, `{"a": 5}`, `offset 6: expected an object to set b in, found a number`},
		{`set a.b.c 1`, `{"a":"x"}`, `offset 5: expected an object to set b.c in, found a string`},
		{`set a[0] 1`, `{"a":{}}`, `offset 5: expected an array to set [0] in, found an object`},
		{`set a 1`, `[1]`, `offset 0: expected an object to set a in, found an array`},
		{`set a[3] 1`, `{"a":[1,2]}`, `offset 9: expected an array long enough to set [3] in, found its end behind 2`},
		{`set a[1] 1`, `{}`, `offset 1: expected an array "a" long enough to set [1] in, found nothing`},
		{`set a[1] 1`, `{"a":null}`, `offset 5: expected an array long enough to set [1] in, found null`},
		{`keep a`, `[1]`, `offset 0: expected an object to keep a part of, found an array`},
		{`keep [0]`, `{}`, `offset 0: expected an array to keep a part of, found an object`},
	} {
		got, changed, err := must(Compile(edits(c.edits)...)).Apply([]byte("x"), []byte(c.text))
		var mismatch *MismatchError
		if !errors.As(err, &mismatch) || err.Error() != c.want || changed || string(got) != "x" {
			t.Errorf("%s on %s: %q, %v, %v; want %s", c.edits, c.text, got, changed, err, c.want)
		}
	}
}

func TestCompileErrors(t *testing.T) {
	for _, c := range []struct{ edits, want string }{
		{`set a 1; set a 2`, `set a: is given twice`},
		{`delete a; delete a`, `delete a: is given twice`},
		{`set a 1; delete a`, `delete a: contradicts set a`},
		{`rename a b; set a 1`, `set a: contradicts rename a`},
		{`delete a; rename a b`, `rename a: contradicts delete a`},
		{`delete a; keep a`, `keep a: contradicts delete a`},
		{`set a 1; set a.b 1`, `set a.b: set a lies on the way; leave one of them out`},
		{`set a.b 1; set a 1`, `set a: something inside it is edited as well; leave one of them out`},
		{`delete a.b; set a.b.c 1`, `set a.b.c: delete b lies on the way; leave one of them out`},
		{`rename a b; set a.x 1`, `set a.x: rename a lies on the way; set it afterwards`},
		{`set a.x 1; rename a b`, `rename a: something inside it is set as well; set it afterwards`},
		{`rename a b; set b 1`, `rename a: the member that has the key "b" is edited as well; do that afterwards`},
		{`rename a b; delete b.c`, `rename a: the member that has the key "b" is edited as well; do that afterwards`},
		{`rename a c; rename b c`, `rename b: rename a takes the same key`},
		{`rename a a`, `rename a: it has that key already`},
		{`rename a[0] b`, `rename a[0]: an element of an array has no key`},
		{`set a.b 1; delete a[0]`, `delete a[0]: the value before it is used both as an object and as an array`},
		{`set a {x}`, `set a: the value is not JSON: offset 1: expected a key in quotes or '}', found 'x'`},
	} {
		p, err := Compile(edits(c.edits)...)
		if err == nil || err.Error() != c.want || p != nil {
			t.Errorf("%s: %v; want %s", c.edits, err, c.want)
		}
	}
	if _, err := Compile(Set(Path{}, []byte("1"))); err == nil || err.Error() != "set : the path leads nowhere" {
		t.Error(err)
	}
}

func TestApplyChecksTheWholeText(t *testing.T) {
	p := must(Compile(edits(`set a.b 1; delete c; rename d e; set f[0] 0; keep g`)...))
	text := `{"a":{"b":1},"c":[1,{}],"d":"\u0041","e":1,"f":[true],"g":{"x":null}}`
	for i := range text {
		for _, broken := range []string{text[:i], text[:i] + "\x01" + text[i:], text[:i] + text[i+1:]} {
			got, _, err := p.Apply(nil, []byte(broken))
			if valid := json.Valid([]byte(broken)); valid != (err == nil) || valid != json.Valid(got) {
				t.Errorf("%s: %q, %v", broken, got, err)
			}
		}
	}
}

func TestApplyAllocatesNothing(t *testing.T) {
	p := must(Compile(edits(`set env "prod"; delete tmp; rename msg message; set http.x 1; delete tags[0]`)...))
	src, dst := []byte(event), make([]byte, 0, len(event)+p.Growth())
	if n := testing.AllocsPerRun(100, func() {
		if _, changed, err := p.Apply(dst, src); !changed || err != nil {
			t.Fatal(err)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestApplyAgreesWithReference edits random texts in random ways.
func TestApplyAgreesWithReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t)
		var list []Edit
		for range rapid.IntRange(1, 4).Draw(t, "edits") {
			list = append(list, drawEdit(t))
		}
		checkAgainstReference(t, text, list)
	})
}

func checkAgainstReference(t rapid.TB, text string, list []Edit) {
	p, err := Compile(list...)
	if err != nil {
		return
	}
	got, changed, err := p.Apply(nil, []byte(text))
	want, wantErr := reference(text, list)
	switch {
	case (err == nil) != (wantErr == nil):
		t.Fatalf("%v on %s: %v; want %v", list, text, err, wantErr)
	case err != nil:
	case changed != want.changed:
		t.Fatalf("%v on %s: changed %v to %s", list, text, changed, got)
	case changed && !json.Valid(got):
		t.Fatalf("%v on %s: %s", list, text, got)
	case changed:
		if err := want.differ(parseTree(string(got))); err != nil {
			t.Fatalf("%v on %s: %s: %v", list, text, got, err)
		}
	}
}

// FuzzApply edits what the fuzzer finds.
func FuzzApply(f *testing.F) {
	f.Add(event, uint8(0))
	f.Add(`{"a":{"b":[1,2]},"b":2,"a":null}`, uint8(1))
	f.Add(`{"b":1 , "a":2 , "c":{"a":[]}}`, uint8(2))
	programs := [][]Edit{
		edits(`set env "prod"; delete tmp; rename msg message`),
		edits(`set a.b[0] 1; delete b; rename c d`),
		edits(`rename a b; delete c.a[0]; set e.f.g null`),
		edits(`keep a.b; keep c; rename b d`),
		edits(`set [0].a 1; delete [1]; keep [2]`),
	}
	f.Fuzz(func(t *testing.T, text string, which uint8) {
		list := programs[int(which)%len(programs)]
		if !json.Valid([]byte(text)) {
			if _, _, err := must(Compile(list...)).Apply(nil, []byte(text)); err == nil {
				t.Fatalf("%q is not JSON", text)
			}
			return
		}
		if nesting(text) < MaxDepth {
			checkAgainstReference(t, text, list)
		}
	})
}

func BenchmarkApply(b *testing.B) {
	p := must(Compile(edits(`set env "prod"; delete tmp; rename msg message`)...))
	src, dst := []byte(event), make([]byte, 0, len(event)+p.Growth())
	b.SetBytes(int64(len(event)))
	b.ReportAllocs()
	for b.Loop() {
		p.Apply(dst, src)
	}
}
