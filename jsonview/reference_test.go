package jsonview

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// tree is a text taken apart by encoding/json, and edited without regard to
// speed: what the package is compared with.
type tree struct {
	raw  string // as it was; stands for the whole while nothing in it changes
	kind Kind
	kids []*tree

	key, rawKey string
	named       [4]bool // by which operations
	value       string  // of a set
	renamed     string
	onTheWay    bool // to something kept or renamed, be it there or not
	made        bool
	changed     bool
}

func parseTree(raw string) *tree {
	t := &tree{raw: strings.Trim(raw, " \t\r\n")}
	t.kind = kindOf(t.raw[0])
	if t.kind != Object && t.kind != Array {
		return t
	}
	decoder := json.NewDecoder(strings.NewReader(t.raw))
	must(decoder.Token())
	for decoder.More() {
		var key, rawKey string
		if t.kind == Object {
			before := decoder.InputOffset()
			key = must(decoder.Token()).(string)
			rawKey = strings.TrimLeft(t.raw[before:decoder.InputOffset()], " \t\r\n,")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			panic(err)
		}
		kid := parseTree(string(value))
		kid.key, kid.rawKey = key, rawKey
		t.kids = append(t.kids, kid)
	}
	return t
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// find returns the first value that the steps lead to, or nil.
func (t *tree) find(steps []step) *tree {
	for _, s := range steps {
		kids := t.at(s)
		if len(kids) == 0 {
			return nil
		}
		t = kids[0]
	}
	return t
}

// at returns all kids that the step leads to.
func (t *tree) at(s step) []*tree {
	var kids []*tree
	for i, k := range t.kids {
		if t.kind == Object && s.index < 0 && k.key == s.key || t.kind == Array && s.index == i {
			kids = append(kids, k)
		}
	}
	return kids
}

var errMismatch = errors.New("mismatch")

// set enters an edit of that kind, and makes what is missing.
func (t *tree) set(steps []step, value string) error {
	if len(steps) == 0 {
		t.named[setting], t.value = true, value
		return nil
	}
	s := steps[0]
	wanted := Object
	if s.index >= 0 {
		wanted = Array
	}
	if t.kind == Null && !t.named[setting] {
		t.kind, t.made, t.changed = wanted, true, true
	}
	if t.kind != wanted {
		return errMismatch
	}
	kids := t.at(s)
	if len(kids) == 0 {
		if s.index > len(t.kids) {
			return errMismatch
		}
		kid := &tree{kind: Null, key: s.key, made: true, changed: true}
		if wanted == Object {
			kid.rawKey = string(AppendString(nil, s.key))
		}
		t.kids = append(t.kids, kid)
		kids = []*tree{kid}
	}
	for _, k := range kids {
		if err := k.set(steps[1:], value); err != nil {
			return err
		}
	}
	return nil
}

// name enters an edit of another kind.
func (t *tree) name(steps []step, e Edit) {
	if len(steps) == 0 {
		t.named[e.operation] = true
		if e.operation == renaming {
			t.renamed = e.key
		}
		return
	}
	t.onTheWay = t.onTheWay || e.operation != deleting
	for _, k := range t.at(steps[0]) {
		k.name(steps[1:], e)
	}
}

// carryOut does to t's kids what the edits ask. partly means that only what is
// kept stays.
func (t *tree) carryOut(partly bool) {
	if t.named[setting] {
		t.raw, t.kids, t.changed = t.value, nil, true
		return
	}
	var left []*tree
	for _, k := range t.kids {
		inTheWay := false
		for _, other := range t.kids {
			inTheWay = inTheWay || t.kind == Object && other.named[renaming] && other.renamed == k.key && !k.named[renaming]
		}
		whole := k.named[keeping] || k.named[renaming] && !k.onTheWay
		k.carryOut(partly && !whole)
		emptied := partly && !whole && !k.named[setting] && len(k.kids) == 0
		if k.named[deleting] || inTheWay || emptied {
			t.changed = true
			continue
		}
		if k.named[renaming] {
			k.rawKey = string(AppendString(nil, k.renamed))
			t.changed = true
		}
		t.changed = t.changed || k.changed
		left = append(left, k)
	}
	t.kids = left
}

// reference applies edits to a text the slow way and returns what should come
// out.
func reference(text string, edits []Edit) (*tree, error) {
	t := parseTree(text)
	selective := false
	for _, e := range edits {
		if e.operation != setting {
			t.name(e.path.steps, e)
		}
		selective = selective || e.operation == keeping
	}
	sets := slices.DeleteFunc(slices.Clone(edits), func(e Edit) bool { return e.operation != setting })
	slices.SortFunc(sets, func(a, b Edit) int {
		return slices.CompareFunc(a.path.steps, b.path.steps, func(x, y step) int { return x.index - y.index })
	})
	for _, e := range sets {
		if err := t.set(e.path.steps, string(bytes.TrimSpace(e.raw))); err != nil {
			return nil, err
		}
	}
	if selective {
		wanted := Object
		if edits[0].path.steps[0].index >= 0 {
			wanted = Array
		}
		if t.kind != wanted {
			return nil, errMismatch
		}
	}
	t.carryOut(selective)
	return t, nil
}

// differ says in what a text that came out is not what should have.
func (t *tree) differ(got *tree) error {
	if !t.changed || len(t.kids) == 0 && t.value != "" {
		if t.raw != got.raw {
			return fmt.Errorf("%q should have stayed %q", got.raw, t.raw)
		}
		return nil
	}
	if t.kind != got.kind || len(t.kids) != len(got.kids) {
		return fmt.Errorf("%q should have %d members", got.raw, len(t.kids))
	}
	rest := slices.Clone(got.kids)
	for _, k := range t.kids {
		at := 0
		if k.made && t.kind == Object { // in whatever order
			at = slices.IndexFunc(rest, func(o *tree) bool { return o.rawKey == k.rawKey })
		}
		if at < 0 || rest[at].rawKey != k.rawKey {
			return fmt.Errorf("%q: no member %s where it should be", got.raw, k.rawKey)
		}
		if err := k.differ(rest[at]); err != nil {
			return err
		}
		rest = slices.Delete(rest, at, at+1)
	}
	return nil
}
