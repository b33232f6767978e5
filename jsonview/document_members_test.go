package jsonview

import (
	"fmt"
	"strings"
	"testing"
)

// A document of many members, half of which are changed: more than are looked
// for one after the other.
func TestDocumentOfManyChanges(t *testing.T) {
	var text, want strings.Builder
	for i := range 100 {
		fmt.Fprintf(&text, `,"\u006b%d" : %d`, i, i)
		switch {
		case i%4 == 1:
			fmt.Fprintf(&want, `,"\u006b%d" : "set"`, i)
		case i%4 != 0:
			fmt.Fprintf(&want, `,"\u006b%d" : %d`, i, i)
		}
	}
	_, n := openText(t, "{"+text.String()[1:]+"}")
	for i := range 100 {
		key := fmt.Sprintf("k%d", i)
		if i%4 == 0 {
			n.Delete(key)
		} else if i%4 == 1 {
			if err := n.Set(key, []byte(`"set"`)); err != nil {
				t.Fatal(err)
			}
		}
	}
	for i := range 20 {
		if err := n.Set(fmt.Sprintf("new%d", i), []byte("[]")); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&want, `,"new%d":[]`, i)
	}
	n.Delete("new0")
	wanted := strings.Replace("{"+want.String()[1:]+"}", `,"new0":[]`, "", 1)
	got, changed, err := n.doc.Append(nil)
	if err != nil || !changed || string(got) != wanted {
		t.Fatalf("%s, %v\nwant %s", got, err, wanted)
	}
	if length, err := n.Len(); err != nil || length != 75+19 {
		t.Error(length, err)
	}
	for i := range 100 {
		v, _, err := n.Get(fmt.Sprintf("k%d", i))
		if want := []string{"", "set", fmt.Sprint(i), fmt.Sprint(i)}[i%4]; err != nil || v.String() != want {
			t.Errorf("%d: %s, %v; want %s", i, v, err, want)
		}
	}
}

func TestSeek(t *testing.T) {
	_, n := openText(t, `{"a":1,"b":2,"\u0061":3,"c":[4]}`)
	n.Delete("b")
	if err := n.Set("d", []byte("5")); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"a": "c", "b": "a", "c": "d", "d": "", "x": ""} {
		var c Cursor
		found, err := n.Seek(&c, key)
		next, _, _, err2 := n.Next(&c)
		if err != nil || err2 != nil || next.String() != want || found != (key != "x") {
			t.Errorf("behind %q comes %q, %v, %v, %v", key, next, found, err, err2)
		}
	}
	_, n = openText(t, `{"a":1,"b" 2}`)
	if _, err := n.Seek(&Cursor{}, "x"); err == nil || err.Error() != "offset 11: expected ':', found '2'" {
		t.Error(err)
	}
	_, n = openText(t, `[1]`)
	if found, err := n.Seek(&Cursor{}, "x"); found || err != nil {
		t.Error(found, err)
	}
}

func TestNumbersOfNodes(t *testing.T) {
	_, root := openText(t, ` {"a":[ ] , "b":{}}`)
	a, b := child(t, root, "a"), child(t, root, "b")
	if root.Number() != 0 || a.Number() != 1 || b.Number() != 2 || child(t, root, "a") != a || a.Size() != 3 || root.Size() != 18 {
		t.Error(root.Number(), a.Number(), b.Number(), a.Size(), root.Size())
	}
}
