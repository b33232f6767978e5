package jsonview

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// openText returns a document of the text and its root.
func openText(t testing.TB, text string) (*Document, *Node) {
	d := &Document{}
	d.Reset([]byte(text))
	_, root, err := d.Root()
	if err != nil || root == nil {
		t.Fatalf("%s: %v, %v", text, root, err)
	}
	return d, root
}

func child(t testing.TB, n *Node, key string) *Node {
	_, c, err := n.Get(key)
	if err != nil || c == nil {
		t.Fatalf("%s: %v, %v", key, c, err)
	}
	return c
}

var documentTests = []struct {
	name, text, want string
	edit             func(*Document, *Node) error
}{
	{"nothing", `{"a":1, oh dear`, ``, func(_ *Document, n *Node) error {
		v, _, err := n.Get("a")
		if v.String() != "1" {
			return errors.New("got " + v.String())
		}
		return err
	}},
	{"set, replace, delete, in place", ` { "a" : 1 , "b" : 2 , "c":3 } `, ` { "a" : "x" , "c":3,"d":[ ] } `, func(_ *Document, n *Node) error {
		n.Delete("b")
		n.Delete("none")
		return errors.Join(n.Set("a", []byte("0")), n.Set("d", []byte(` [ ] `)), n.Set("a", []byte(`"x"`)))
	}},
	{"set what was deleted, delete what was set", `{"a":1,"b":2}`, `{"a":3,"b":2}`, func(_ *Document, n *Node) error {
		n.Delete("a")
		err := errors.Join(n.Set("a", []byte("3")), n.Set("c", []byte("4")))
		n.Delete("c")
		return err
	}},
	{"inside", `{"a":{"b":{"c": 1.0}},"z":[1 , 2]}`, `{"a":{"b":{"c": 2}},"z":[1 , 3]}`, func(_ *Document, n *Node) error {
		_, a, _ := n.Get("a")
		_, b, _ := a.Get("b")
		_, z, _ := n.Get("z")
		return errors.Join(b.Set("c", []byte("2")), z.SetAt(1, []byte("3")))
	}},
	{"inside of what was set", `{"a":1}`, `{"a":{"x":[5,6]}}`, func(_ *Document, n *Node) error {
		err := n.Set("a", []byte(`{"x":[5]}`))
		_, a, _ := n.Get("a")
		_, x, _ := a.Get("x")
		return errors.Join(err, x.SetAt(1, []byte("6")))
	}},
	{"what was replaced is not reached any more", `{"a":{}}`, `{"a":5}`, func(_ *Document, n *Node) error {
		_, a, _ := n.Get("a")
		return errors.Join(n.Set("a", []byte("5")), a.Set("b", []byte("6")))
	}},
	{"every member of the name", `{"a":1,"b":{},"a":2,"b":{}}`, `{"a":0,"b":{"x":0},"a":0,"b":{"x":0}}`, func(_ *Document, n *Node) error {
		_, b, _ := n.Get("b")
		return errors.Join(n.Set("a", []byte("0")), b.Set("x", []byte("0")))
	}},
	{"elements", `[1 ,{ } , 3]`, `[0,{"x":1 },4,3]`, func(_ *Document, n *Node) error {
		_, second, _ := n.At(1)
		return errors.Join(n.Insert(0, []byte("0")), n.Remove(1), n.Insert(2, []byte("4")), second.Set("x", []byte("1")))
	}},
	{"elements that stay", `[1 ,{ } , 3 ]`, `[1 ,{"x":1 } , 3 ]`, func(_ *Document, n *Node) error {
		_, second, _ := n.At(1)
		return second.Set("x", []byte("1"))
	}},
	{"copied elsewhere", `{"a":{"b": 1.50 }}`, `{"a":{"b": 1.50,"c":0 },"d":{"b": 1.50 }}`, func(_ *Document, n *Node) error {
		_, a, _ := n.Get("a")
		text, err := a.Append(nil)
		return errors.Join(err, n.Set("d", text), a.Set("c", []byte("0")))
	}},
	{"the root", `{"a":1}`, `[5]`, func(d *Document, n *Node) error { return d.SetRoot([]byte(" [5] ")) }},
	{"the root and inside", `{"a":1}`, `[5,6]`, func(d *Document, n *Node) error {
		err := d.SetRoot([]byte("[5]"))
		_, root, _ := d.Root()
		return errors.Join(err, root.SetAt(1, []byte("6")))
	}},
	{"the root to a value", `{"a":1}`, `"x"`, func(d *Document, n *Node) error {
		err := d.SetRoot([]byte(`"x"`))
		if v, _, _ := d.Root(); v.String() != "x" {
			return errors.New(v.String())
		}
		return err
	}},
}

func TestDocument(t *testing.T) {
	for _, c := range documentTests {
		t.Run(c.name, func(t *testing.T) {
			d, root := openText(t, c.text)
			if err := c.edit(d, root); err != nil {
				t.Fatal(err)
			}
			got, changed, err := d.Append([]byte("x"))
			if err != nil || string(got) != "x"+c.want || changed != (c.want != "") {
				t.Errorf("%s, %v, %v; want %s", got, changed, err, c.want)
			}
		})
	}
}

func TestDocumentThatIsAValue(t *testing.T) {
	var d Document
	d.Reset([]byte(` 5 `))
	if v, n, err := d.Root(); v.String() != "5" || n != nil || err != nil {
		t.Error(v, n, err)
	}
	for _, text := range []string{"", "x", "5 6"} {
		d.Reset([]byte(text))
		if _, n, err := d.Root(); n != nil || err == nil {
			t.Errorf("%q: %v, %v", text, n, err)
		}
	}
}

func TestDocumentErrors(t *testing.T) {
	object := func(use func(*Node) error) func(testing.TB) error {
		return func(t testing.TB) error { _, n := openText(t, `{"a":{},"b":[1]}`); return use(n) }
	}
	broken := func(text string, use func(*Node) error) func(testing.TB) error {
		return func(t testing.TB) error {
			d, n := openText(t, text)
			if err := use(n); err != nil {
				return err
			}
			got, changed, err := d.Append([]byte("x"))
			if changed || string(got) != "x" {
				t.Errorf("%s: %s, %v", text, got, changed)
			}
			return err
		}
	}
	set := func(n *Node) error { return n.Set("z", []byte("1")) }
	for want, use := range map[string]func(testing.TB) error{
		`the value is not JSON: offset 0: expected a value, found 'x'`:                  object(func(n *Node) error { return n.Set("a", []byte("x")) }),
		`offset 12: expected an object to set "k" in, found an array`:                   object(func(n *Node) error { _, b, _ := n.Get("b"); return b.Set("k", []byte("1")) }),
		`offset 5: expected an array to edit an element of, found an object`:            object(func(n *Node) error { _, a, _ := n.Get("a"); return a.SetAt(0, []byte("1")) }),
		`offset 12: expected an array long enough to edit [2] of, found one of 1`:       object(func(n *Node) error { _, b, _ := n.Get("b"); return b.SetAt(2, []byte("1")) }),
		`offset 12: expected an array long enough to edit [1] of, found one of 1`:       object(func(n *Node) error { _, b, _ := n.Get("b"); return b.Remove(1) }),
		`offset 12: expected an array long enough to edit [-1] of, found one of 1`:      object(func(n *Node) error { _, b, _ := n.Get("b"); return b.Insert(-1, []byte("1")) }),
		`offset 7: expected ',' or '}', found 'x'`:                                      broken(`{"a":1 x`, set),
		`offset 7: expected ',' or ']', found '}'`:                                      broken(`{"a":[1}`, func(n *Node) error { _, _, err := n.Get("b"); return errors.Join(err, set(n)) }),
		`offset 12: expected nothing behind the value, found 'x'`:                       broken(`  {"a":[1]} x`, set),
		`offset 10: expected ',' or ']', found '2'`:                                     broken(`{ "a":[ 1 2]}`, func(n *Node) error { _, _, err := n.Get("a"); return err }),
		`offset 1: expected a key in quotes or '}', found '1'`:                          broken(`{1}`, func(n *Node) error { _, err := n.Len(); return err }),
		`offset 7: expected ',' or '}', found ']'`:                                      broken(`{"a":1 ]`, func(n *Node) error { _, err := n.Len(); return err }),
		`offset 5: expected a value, found the end`:                                     broken(`{"a":`, func(n *Node) error { _, err := n.Len(); return err }),
		`offset 4: expected ',' or ']', found the end`:                                  broken(`[1,2`, func(n *Node) error { _, err := n.Len(); return err }),
		`offset 1: expected a value, found the end`:                                     broken(`[`, func(n *Node) error { return n.Insert(0, []byte("1")) }),
		`offset 2: expected a key in quotes, found the end`:                             broken(`[{`, func(n *Node) error { _, _, err := n.At(0); return rename(err) }),
		`the value is not JSON: offset 3: expected nothing behind the value, found '2'`: object(func(n *Node) error { _, b, _ := n.Get("b"); return b.SetAt(0, []byte("[] 2")) }),
	} {
		if err := use(t); err == nil || err.Error() != want {
			t.Errorf("%v; want %s", err, want)
		}
	}
}

func rename(err error) error {
	if err == nil {
		return nil
	}
	return errors.New(strings.Replace(err.Error(), " or '}'", "", 1))
}

func TestDocumentNestsNoDeeperThanTheBound(t *testing.T) {
	_, n := openText(t, strings.Repeat("[", MaxDepth-1)+strings.Repeat("]", MaxDepth-1))
	for range MaxDepth - 2 {
		if err := n.SetAt(0, []byte("[]")); err != nil {
			t.Fatal(err)
		}
		_, n, _ = n.At(0)
	}
	if err := n.Insert(0, []byte("[]")); err != nil {
		t.Fatal(err)
	}
	_, n, _ = n.At(0)
	if err := n.Insert(0, []byte("[]")); err == nil || err.Error() != "offset 0: expected nesting of at most 1000, found '['" {
		t.Error(err)
	}
}

func TestDocumentAllocatesNothing(t *testing.T) {
	var d Document
	text, dst := []byte(event), make([]byte, 0, 2*len(event))
	use := func() {
		d.Reset(text)
		_, root, _ := d.Root()
		v, _, _ := root.Get("level")
		http := child(t, root, "http")
		status, _, _ := http.Get("status")
		tags := child(t, root, "tags")
		if v.String() == "" || status.Kind() != Number {
			t.Fatal(v, status)
		}
		err := errors.Join(root.Set("env", []byte(`"prod"`)), http.Set("status", []byte("201")), tags.Insert(0, []byte("1")))
		for c := (Cursor{}); ; {
			if key, _, _, err := root.Next(&c); err != nil || !key.Exists() {
				break
			}
		}
		root.Delete("tmp")
		if _, changed, err2 := d.Append(dst); err != nil || err2 != nil || !changed {
			t.Fatal(err, err2)
		}
	}
	use()
	// One string for v, and one for the key of an object that Next opens.
	if n := testing.AllocsPerRun(100, use); n > 2 {
		t.Errorf("%v allocations", n)
	}
}

// render returns the tree's text without space.
func (t *tree) render() string {
	var b strings.Builder
	switch t.kind {
	case Object:
		b.WriteByte('{')
		for _, k := range t.kids {
			if k.made {
				continue
			}
			if b.Len() > 1 {
				b.WriteByte(',')
			}
			b.WriteString(k.rawKey + ":" + k.render())
		}
		b.WriteByte('}')
	case Array:
		b.WriteByte('[')
		for i, k := range t.kids {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(k.render())
		}
		b.WriteByte(']')
	default:
		return t.raw
	}
	return b.String()
}

func (t *tree) indexOf(key string) int {
	return slices.IndexFunc(t.kids, func(k *tree) bool { return k.key == key })
}

// twin is a node and the tree that it should be like.
type twin struct {
	node *Node
	tree *tree
}

// TestDocumentAgreesWithReference does random things to a document and to a
// tree of encoding/json's, in which what was deleted keeps its place and is
// marked as made.
func TestDocumentAgreesWithReference(t *testing.T) {
	var d Document
	rapid.Check(t, func(t *rapid.T) {
		text := drawUniqueText(t)
		d.Reset([]byte(text))
		_, node, err := d.Root()
		if err != nil {
			t.Fatal(err)
		}
		root := parseTree(text)
		twins := []twin{{node, root}}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			w := rapid.SampledFrom(twins).Draw(t, "twin")
			if w.node.Kind() == Object {
				twins = append(twins, w.changeObject(t)...)
			} else {
				twins = append(twins, w.changeArray(t)...)
			}
		}
		got, changed, err := d.Append(nil)
		if !changed {
			got = []byte(text)
		}
		var compact bytes.Buffer
		if err != nil || json.Compact(&compact, got) != nil || compact.String() != root.render() {
			t.Fatalf("%s became %s, %v; want %s", text, got, err, root.render())
		}
	})
}

// drawValue draws the text of a value in which no key repeats.
func drawValue(t *rapid.T) string {
	return rapid.SampledFrom(append([]string{`{"a":[],"b":{"c":1.0}}`, "[ 1 , [2] ]", " {} "}, drawnScalars...)).Draw(t, "value")
}

// opened checks what was read, and returns the twin of a node.
func opened(t *rapid.T, v Value, n *Node, err error, want *tree) []twin {
	switch {
	case err != nil, want == nil && (v.Exists() || n != nil), want != nil && want.kind >= Array != (n != nil):
		t.Fatalf("read %v %v, %v; want %v", v, n, err, want)
	case n != nil:
		return []twin{{n, want}}
	case want != nil && string(v.Raw()) != want.raw:
		t.Fatalf("read %s; want %s", v.Raw(), want.raw)
	}
	return nil
}

func (w twin) changeObject(t *rapid.T) []twin {
	key := rapid.SampledFrom(drawnKeys).Draw(t, "key")
	at := w.tree.indexOf(key)
	switch rapid.IntRange(0, 4).Draw(t, "do") {
	case 0:
		w.node.Delete(key)
		ghost := &tree{key: key, rawKey: string(AppendString(nil, key)), kind: Null, made: true}
		if at < 0 {
			w.tree.kids = append(w.tree.kids, ghost)
		} else {
			ghost.rawKey = w.tree.kids[at].rawKey
			w.tree.kids[at] = ghost
		}
	case 1:
		value := drawValue(t)
		if err := w.node.Set(key, []byte(value)); err != nil {
			t.Fatal(err)
		}
		kid := parseTree(value)
		kid.key, kid.rawKey = key, string(AppendString(nil, key))
		if at < 0 {
			w.tree.kids = append(w.tree.kids, kid)
		} else {
			kid.rawKey = w.tree.kids[at].rawKey
			w.tree.kids[at] = kid
		}
	case 2:
		return w.walk(t)
	default:
		v, n, err := w.node.Get(key)
		if at < 0 || w.tree.kids[at].made {
			return opened(t, v, n, err, nil)
		}
		return opened(t, v, n, err, w.tree.kids[at])
	}
	return nil
}

// walk goes over the members of an object.
func (w twin) walk(t *rapid.T) (twins []twin) {
	var keys, want []string
	for c := (Cursor{}); ; {
		key, v, n, err := w.node.Next(&c)
		if err != nil {
			t.Fatal(err)
		}
		if !key.Exists() {
			break
		}
		keys = append(keys, key.String())
		twins = append(twins, opened(t, v, n, err, w.tree.kids[w.tree.indexOf(key.String())])...)
	}
	for _, k := range w.tree.kids {
		if !k.made {
			want = append(want, k.key)
		}
	}
	length, err := w.node.Len()
	if err != nil || length != len(want) || !slices.Equal(keys, want) {
		t.Fatalf("%q, %d, %v; want %q", keys, length, err, want)
	}
	return twins
}

func (w twin) changeArray(t *rapid.T) []twin {
	at := rapid.IntRange(0, len(w.tree.kids)).Draw(t, "at")
	value := drawValue(t)
	var err error
	switch do := rapid.IntRange(0, 4).Draw(t, "do"); {
	case do == 0:
		err = w.node.Insert(at, []byte(value))
		w.tree.kids = slices.Insert(w.tree.kids, at, parseTree(value))
	case do == 1:
		if err = w.node.SetAt(at, []byte(value)); at < len(w.tree.kids) {
			w.tree.kids[at] = parseTree(value)
		} else {
			w.tree.kids = append(w.tree.kids, parseTree(value))
		}
	case do == 2 && at < len(w.tree.kids):
		err = w.node.Remove(at)
		w.tree.kids = slices.Delete(w.tree.kids, at, at+1)
	default:
		v, n, err := w.node.At(at)
		if length, err := w.node.Len(); err != nil || length != len(w.tree.kids) {
			t.Fatal(fmt.Sprint(length, err))
		}
		if at == len(w.tree.kids) {
			return opened(t, v, n, err, nil)
		}
		return opened(t, v, n, err, w.tree.kids[at])
	}
	if err != nil {
		t.Fatal(err)
	}
	return nil
}

// FuzzDocument checks that editing a text either fails or makes JSON of JSON.
func FuzzDocument(f *testing.F) {
	f.Add([]byte(event))
	f.Add([]byte(` {"a":{"a":[1,{"a":2}]},"a":3} `))
	f.Add([]byte(`[{"a":1},[2],3`))
	var d Document
	f.Fuzz(func(t *testing.T, text []byte) {
		d.Reset(text)
		_, n, err := d.Root()
		for n != nil && err == nil {
			var next *Node
			if n.Kind() == Object {
				n.Delete("tmp")
				if _, next, err = n.Get("a"); err == nil {
					err = n.Set("env", []byte(`"prod"`))
				}
			} else if _, next, err = n.At(0); err == nil {
				err = n.SetAt(0, []byte("1"))
			}
			n = next
		}
		if err != nil {
			return
		}
		got, changed, err := d.Append(nil)
		if valid := json.Valid(text); changed && (err != nil || valid != json.Valid(got)) || valid && err != nil && nesting(text) < MaxDepth {
			t.Fatalf("%q: %q, %v", text, got, err)
		}
	})
}
