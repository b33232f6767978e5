package docs

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
)

// Every component that may be a source or a sink says what it promises as such,
// whatever its attributes are.
func TestPromises(t *testing.T) {
	sources, sinks := 0, 0
	for _, d := range loader.Declarations() {
		for _, role := range []component.Roles{component.Source, component.Sink} {
			if !d.Roles.Has(role) {
				continue
			}
			if role == component.Source {
				sources++
			} else {
				sinks++
			}
			// None of the conditions holds with attributes that nothing is equal to.
			if d.Promised(role, nil, false).Delivery == 0 && !alwaysPromises(d, role) {
				t.Errorf("%s: as a %s it may promise nothing; declare a promise without conditions, the last one", d.Name, role)
			}
		}
		for i, p := range d.Delivery {
			checkPromise(t, d, i, p)
		}
	}
	if sources < 3 || sinks < 4 {
		t.Errorf("there are only %d sources and %d sinks", sources, sinks)
	}
}

// alwaysPromises tells whether the promises without a state directory name every
// value of an attribute, so that one of them always holds.
func alwaysPromises(d *component.Declaration, role component.Roles) bool {
	named := map[string]int{}
	for _, p := range d.Delivery {
		if p.Delivery.Role() == role && !p.Durable {
			named[p.Attribute]++
		}
	}
	for _, a := range d.Attributes {
		if n := named[a.Name]; n > 0 && (a.Type == component.Bool && n == 2 || n == len(a.Options)) {
			return true
		}
	}
	return false
}

func checkPromise(t *testing.T, d *component.Declaration, i int, p component.Promise) {
	t.Helper()
	if p.Delivery.Role() == 0 || !d.Roles.Has(p.Delivery.Role()) && d.Name != "buffer" {
		t.Errorf("%s: promise %d (%s) is for no place that it may take", d.Name, i, p.Delivery)
	}
	if p.Doc == "" || strings.HasSuffix(p.Doc, ".") || unicode.IsUpper(rune(p.Doc[0])) {
		t.Errorf("%s: promise %d (%s) is to be explained by the end of a sentence: %q", d.Name, i, p.Delivery, p.Doc)
	}
	for _, before := range d.Delivery[:i] {
		if before.Delivery.Role() == p.Delivery.Role() && !before.Durable && (before.Attribute == "" || before.Attribute == p.Attribute && before.Value == p.Value) {
			t.Errorf("%s: promise %d (%s) never holds, for one before it always does", d.Name, i, p.Delivery)
		}
	}
	if p.Attribute == "" {
		return
	}
	at := slices.IndexFunc(d.Attributes, func(a component.Attribute) bool { return a.Name == p.Attribute })
	if at < 0 {
		t.Errorf("%s: promise %d (%s) depends on an attribute %q, which there is not", d.Name, i, p.Delivery, p.Attribute)
		return
	}
	a := d.Attributes[at]
	if a.Default != nil && reflect.TypeOf(a.Default) != reflect.TypeOf(p.Value) {
		t.Errorf("%s: promise %d (%s): %s is a %T, not a %T", d.Name, i, p.Delivery, a.Name, a.Default, p.Value)
	}
	if text, ok := p.Value.(string); ok && len(a.Options) > 0 && !slices.Contains(a.Options, text) {
		t.Errorf("%s: promise %d (%s): %q is none of the options of %s", d.Name, i, p.Delivery, text, a.Name)
	}
}
