package jsonview

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestIndexedDocumentsAgree lets a chain of documents read and change a text, each
// with the index that the one before has left, and once more without any.
func TestIndexedDocumentsAgree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(drawText(t))
		if rapid.IntRange(0, 9).Draw(t, "fault") == 0 {
			i := rapid.IntRange(0, len(text)).Draw(t, "from")
			text = append(text[:i:i], rapid.SampledFrom([]string{"", "}", ",", "x"}).Draw(t, "put")+string(text[i:])...)
		}
		if rapid.Bool().Draw(t, "long") { // so that an index is worth it without a change
			text = bytes.Replace(text, []byte{'{'}, []byte(`{"`+strings.Repeat("x", indexWorth)+`":0,`), 1)
		}
		var index []byte
		for range rapid.IntRange(1, 5).Draw(t, "documents") {
			indexed, plain := &Document{Indexing: true}, &Document{}
			indexed.ResetIndexed(text, index)
			plain.Reset(text)
			_, a, errA := indexed.Root()
			_, b, errB := plain.Root()
			sameError(t, errA, errB)
			if a == nil || a.Kind() != Object {
				return
			}
			for range rapid.IntRange(0, 4).Draw(t, "steps") {
				both(t, a, b)
			}
			resultA, changedA, errA := indexed.Append(nil)
			resultB, changedB, errB := plain.Append([]byte("before"))
			if sameError(t, errA, errB); errA != nil {
				return
			}
			if changedA != changedB || string(resultA) != string(resultB[len("before"):]) {
				t.Fatalf("%q, indexed %q: %v %q, without an index %q", text, index, changedA, resultA, resultB)
			}
			if more := indexed.AppendIndex(nil); len(more) != indexed.IndexSize() {
				t.Fatalf("%d bytes of index, announced were %d", len(more), indexed.IndexSize())
			} else if changedA || len(more) > 0 {
				index = more
			}
			if changedA {
				text = resultA
			}
			checkIndex(t, text, index)
		}
	})
}

// both does the same with both nodes.
func both(t *rapid.T, a, b *Node) {
	key := rapid.SampledFrom(drawnKeys).Draw(t, "key")
	switch rapid.IntRange(0, 5).Draw(t, "step") {
	case 0:
		value := drawValue(t)
		sameError(t, a.Set(key, []byte(value)), b.Set(key, []byte(value)))
	case 1:
		a.Delete(key)
		b.Delete(key)
	case 2:
		var c, d Cursor
		for {
			keyA, valueA, _, errA := a.Next(&c)
			keyB, valueB, _, errB := b.Next(&d)
			if sameError(t, errA, errB); keyA.String() != keyB.String() || valueA.String() != valueB.String() || valueA.Offset() != valueB.Offset() {
				t.Fatalf("next: %s = %s, without an index %s = %s", keyA, valueA, keyB, valueB)
			}
			if errA != nil || !keyA.Exists() {
				return
			}
		}
	default:
		valueA, nodeA, errA := a.Get(key)
		valueB, nodeB, errB := b.Get(key)
		sameError(t, errA, errB)
		if valueA.String() != valueB.String() || valueA.Offset() != valueB.Offset() || (nodeA == nil) != (nodeB == nil) {
			t.Fatalf("%s: %s, without an index %s", key, valueA, valueB)
		}
		if nodeA != nil && nodeA.Kind() == Object && nodeB.Kind() == Object && rapid.Bool().Draw(t, "inside") {
			both(t, nodeA, nodeB)
		}
	}
}

func sameError(t *rapid.T, a, b error) {
	if fmt.Sprint(a) != fmt.Sprint(b) {
		t.Fatalf("the error %v, without an index %v", a, b)
	}
}

// checkIndex holds that an index says where the first members lie, in their order,
// and nothing else.
func checkIndex(t *rapid.T, text, index []byte) {
	if len(index) == 0 {
		return
	}
	knows, scans := Document{}, Document{}
	knows.ResetIndexed(text, index)
	scans.Reset(text)
	_, known, _ := knows.Root()
	_, all, _ := scans.Root()
	if len(known.members) == 0 {
		t.Fatalf("an index of %d bytes is not of %q", len(index), text)
	}
	_, err := all.Len() // reads it all
	var syntax *SyntaxError
	if len(all.members) < len(known.members) || known.closed > 0 && (known.closed != all.closed || len(all.members) > len(known.members)) ||
		err != nil && (!errors.As(err, &syntax) || known.closed > 0) {
		t.Fatalf("%q has %d members up to %d (%v), the index knows %d up to %d",
			text, len(all.members), all.closed, err, len(known.members), known.closed)
	}
	for i, m := range known.members {
		if m != all.members[i] {
			t.Fatalf("%q: member %d is at %v, in the index at %v", text, i, all.members[i], m)
		}
	}
}

func TestIndexOfAnotherTextIsNotUsed(t *testing.T) {
	d := Document{}
	d.Reset([]byte(event))
	_, root, _ := d.Root()
	root.Get("none")
	index := d.AppendIndex(nil)
	for _, test := range []struct {
		text  string
		index []byte
	}{
		{event[:len(event)-1], index}, {" " + event[:len(event)-1], index}, {event, index[:len(index)-1]}, {event, index[:entrySize]}, {event, index[:1]},
	} {
		d.ResetIndexed([]byte(test.text), test.index)
		if _, root, err := d.Root(); err != nil || len(root.members) > 0 {
			t.Errorf("%.20q with %d bytes: %d members, %v", test.text, len(test.index), len(root.members), err)
		}
	}
}

// TestIndexIsBounded: what many messages carry must not take more than they do.
func TestIndexIsBounded(t *testing.T) {
	for _, members := range []int{indexMost - 1, indexMost, indexMost + 1, membersMost + 10} {
		text := []byte("{")
		for i := range members {
			text = fmt.Appendf(text, `"%d":%d,`, i, i)
		}
		text = append(text[:len(text)-1], '}')
		for _, change := range []bool{false, true} {
			d := Document{Indexing: true}
			d.Reset(text)
			_, root, _ := d.Root()
			if value, _, err := root.Get(fmt.Sprint(members - 1)); err != nil || value.String() != fmt.Sprint(members-1) {
				t.Errorf("the last of %d members: %v, %v", members, value, err)
			}
			if change {
				root.Set("0", []byte("1"))
				d.Append(nil)
			}
			if index := d.AppendIndex(nil); (len(index) > 0) != (members <= indexMost) {
				t.Errorf("%d members, changed: %v: an index of %d bytes", members, change, len(index))
			}
			if n, err := root.Len(); n != members || err != nil {
				t.Errorf("%d members: the length is %d, %v", members, n, err)
			}
			if len(root.members) > membersMost {
				t.Errorf("%d members are remembered", len(root.members))
			}
		}
	}
}

func BenchmarkDocument(b *testing.B) {
	text, result, index := []byte(event), make([]byte, 0, 1<<10), make([]byte, 0, 1<<10)
	run := func(name string, indexing bool, known []byte, change func(*Node)) {
		b.Run(name, func(b *testing.B) {
			d := Document{Indexing: indexing}
			b.ReportAllocs()
			for b.Loop() {
				d.ResetIndexed(text, known)
				_, root, _ := d.Root()
				change(root)
				d.Append(result)
				if indexing {
					index = d.AppendIndex(index[:0])
				}
			}
		})
	}
	value := []byte(`"prod"`)
	miss := func(n *Node) { n.Get("env") }
	set := func(n *Node) {
		n.Get("level")
		n.Set("env", value)
	}
	d := Document{}
	d.Reset(text)
	_, root, _ := d.Root()
	root.Get("env")
	known := d.AppendIndex(nil)
	run("miss", false, nil, miss)
	run("miss/index known", false, known, miss)
	run("set", false, nil, set)
	run("set/index made", true, nil, set)
	run("set/index known", false, known, set)
	run("set/index known and made", true, known, set)
}
