package component

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestClass(t *testing.T) {
	for status, want := range map[int]Class{
		0: ClassDone, 1: ClassContinue, 2: ClassFail, 99: ClassFail, -1: ClassFail,
		100: ClassRetry, 199: ClassRetry, 200: ClassFail, 299: ClassFail, 300: ClassDrop, 9999: ClassDrop,
	} {
		r := Report{Status: status}
		if got := r.Class(); got != want {
			t.Errorf("%d is %v, want %v", status, got, want)
		}
		if got, want := r.Reserved(), status < 0 || status > 1 && status < 100; got != want {
			t.Errorf("%d reserved: %v", status, got)
		}
	}
}

func TestWorse(t *testing.T) {
	done, drop, fail, other := Report{}, Report{Status: 300}, Report{Status: 200}, Report{Status: 201}
	for _, test := range []struct{ a, b, want Report }{
		{done, drop, done}, {drop, done, done}, {done, fail, fail}, {fail, drop, fail}, {fail, other, fail}, {drop, drop, drop},
	} {
		if got := Worse(test.a, test.b); got != test.want {
			t.Errorf("of %v and %v: %v, want %v", test.a, test.b, got, test.want)
		}
	}
}

// parent counts what is made from it.
type parent struct {
	StandardMessage
	children int
	outcomes []Report
}

func (p *parent) Derive()                 { p.children++ }
func (p *parent) DerivedSettled(r Report) { p.outcomes = append(p.outcomes, r) }

func newParent() *parent {
	m := NewMessage([]byte("parent"))
	m.SetKey("k")
	m.SetTimestamp(7)
	m.SetAttribute("b", "2")
	m.SetAttribute("a", "1")
	return &parent{StandardMessage: m}
}

func TestNewMessage(t *testing.T) {
	a, b := newParent(), newParent()
	m := NewMessage([]byte("child"), a, b)
	if a.children != 1 || b.children != 1 || len(Parents(m)) != 2 {
		t.Fatalf("children %d and %d, parents %d", a.children, b.children, len(Parents(m)))
	}
	if v, _ := m.Attribute("b"); m.Key() != "k" || m.Timestamp() != 7 || v != "2" {
		t.Errorf("the child took over %q, %d, %q", m.Key(), m.Timestamp(), v)
	}
	m.SetAttribute("b", "3")
	if v, _ := a.Attribute("b"); v != "2" {
		t.Errorf("the parent's attribute changed to %q", v)
	}
	if !Adopt(m) || Adopt(m) {
		t.Error("a message may be sent once")
	}
	*m.Status() = Report{Status: 222}
	m.Release()
	m.Release()
	if len(a.outcomes) != 1 || len(b.outcomes) != 1 || a.outcomes[0].Status != 222 {
		t.Errorf("the parents learnt %v and %v", a.outcomes, b.outcomes)
	}
}

func TestReleaseOfWhatWasNeverSent(t *testing.T) {
	p := newParent()
	NewMessage(nil, p).Release()
	if len(p.outcomes) != 1 || p.outcomes[0].Class() != ClassDrop {
		t.Errorf("the parent learnt %v", p.outcomes)
	}
}

func TestAttributesOfAMessage(t *testing.T) {
	m := NewMessage(nil)
	for _, name := range []string{"c", "a", "b", "a"} {
		m.SetAttribute(name, name+"!")
	}
	m.DeleteAttribute("b")
	m.DeleteAttribute("none")
	var got []string
	for name, value := range m.Attributes {
		got = append(got, name+value)
	}
	if want := []string{"aa!", "cc!"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for range m.Attributes {
		break // it must heed the end
	}
}

func TestBatch(t *testing.T) {
	var b Batch
	b.Append([]byte("one"))
	b.Append([]byte("two"))
	b.SetMeta(Meta{Key: "second"})
	b.SetFailed(Report{Status: 202})
	b.SetUnterminated()
	if b.Len() != 2 || string(b.Data(0)) != "one" || string(b.Data(1)) != "two" || cap(b.Data(0)) != 3 {
		t.Errorf("%d messages: %q, %q", b.Len(), b.Data(0), b.Data(1))
	}
	if metas := b.Metas(); len(metas) != 2 || metas[0].Key != "" || metas[1].Key != "second" {
		t.Errorf("metas %v", metas)
	}
	for i, r := range b.Failures {
		if i != 1 || r.Status != 202 {
			t.Errorf("failure %d: %v", i, r)
		}
	}
	if !b.AllDone() || b.Outcome(1).Status != 0 {
		t.Error("outcomes before any is set")
	}
	b.SetOutcome(0, Report{})
	b.SetOutcome(1, Report{Status: 300})
	if b.AllDone() || b.Outcome(0).Status != 0 || b.Outcome(1).Status != 300 {
		t.Errorf("outcomes %v, %v", b.Outcome(0), b.Outcome(1))
	}
	b.Reset()
	if b.Len() != 0 || b.Unterminated() || !b.AllDone() || len(b.Metas()) != 0 || cap(b.Buffer) < 6 {
		t.Error("after Reset something is left, or the memory is not")
	}
}

var declaration = Declaration{Name: "test", Attributes: []Attribute{
	{Name: "path", Type: String, Required: true, Doc: "The path. More."},
	{Name: "mode", Type: String, Options: []string{"append", "truncate"}, Default: "append"},
	{Name: "count", Type: Int, Min: int64(1)},
	{Name: "ratio", Type: Float},
	{Name: "strict", Type: Bool},
	{Name: "period", Type: Duration, Default: time.Second},
	{Name: "size", Type: Size},
	{Name: "paths", Type: List},
	{Name: "set", Type: Map},
	{Name: "value", Type: Any},
	{Name: "password", Type: Int, Secret: true},
}}

func TestValidate(t *testing.T) {
	given := map[string]any{
		"path": "/tmp/x", "count": 3.0, "ratio": 1, "strict": true, "period": "1m30s", "size": "64KiB",
		"paths": []any{"a", "b"}, "set": map[string]any{"a": 1.0}, "value": 7.5,
	}
	got, err := declaration.Validate(given)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"path": "/tmp/x", "mode": "append", "count": int64(3), "ratio": 1.0, "strict": true, "period": 90 * time.Second,
		"size": int64(64 << 10), "paths": []string{"a", "b"}, "set": map[string]any{"a": 1.0}, "value": 7.5,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestValidateErrors(t *testing.T) {
	for _, test := range []struct {
		attributes map[string]any
		want       string
	}{
		{map[string]any{}, `attribute "path" is required: The path.`},
		{map[string]any{"path": 5.0}, `attribute "path": expected a string, got the number 5`},
		{map[string]any{"path": "x", "pth": "y"}, `unknown attribute "pth"; did you mean "path"?`},
		{map[string]any{"path": "x", "worker": 2}, `unknown attribute "worker"; did you mean "workers"?`},
		{map[string]any{"path": "x", "siez": 2}, `unknown attribute "siez"; did you mean "size"?`},
		{map[string]any{"path": "x", "xyzzy": 2}, `unknown attribute "xyzzy"; it takes path, mode`},
		{map[string]any{"path": "x", "mode": "apend"}, `"apend" is none of append, truncate; did you mean "append"?`},
		{map[string]any{"path": "x", "count": 1.5}, `attribute "count": expected an integer, got the number 1.5`},
		{map[string]any{"path": "x", "count": 0}, `attribute "count": 0 is too small; the least is 1`},
		{map[string]any{"path": "x", "period": "soon"}, `"soon" is no duration`},
		{map[string]any{"path": "x", "size": "many"}, `"many" is no size`},
		{map[string]any{"path": "x", "paths": []any{"a", 5.0}}, `element 2: expected a string, got the number 5`},
		{map[string]any{"path": "x", "set": "x"}, `expected a table, got the string "x"`},
		{map[string]any{"path": "x", "strict": nil}, `expected a boolean, got nil`},
		{map[string]any{"path": "x", "password": "hunter2"}, `attribute "password": expected an integer, got a string`},
	} {
		_, err := declaration.Validate(test.attributes)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v\nwant %s", test.attributes, err, test.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the secret shows: %v", err)
		}
	}
}

func TestNearest(t *testing.T) {
	names := []string{"stdin", "stdout", "filter", "json"}
	for name, want := range map[string]string{
		"stdni": "stdin", "stdou": "stdout", "Filter": "filter", "flter": "filter", "jsno": "json", "kafka": "", "": "",
	} {
		if got := Nearest(name, names); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestStrings(t *testing.T) {
	if got := (Source | Sink).String(); got != "source, sink" {
		t.Error(got)
	}
	if got := (IsRunner | FactoryIsCloser).String(); got != "Runner, Closer (factory)" {
		t.Error(got)
	}
	if got := (Report{Status: 200, Description: "no"}).String(); got != "200 no" {
		t.Error(got)
	}
	for _, c := range []Class{ClassDone, ClassContinue, ClassRetry, ClassFail, ClassDrop} {
		if c.String() == "" {
			t.Error(c)
		}
	}
}
