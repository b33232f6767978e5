package filter_test

import (
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/filter"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/reject"
)

type table = map[string]any

// factory makes a factory the way a pipeline does.
func factory(attributes table) (component.Factory, error) {
	valid, err := filter.Declaration.Validate(attributes)
	if err != nil {
		return nil, err
	}
	return filter.NewFactory(valid)
}

const doc = `{"s":"a\u0042c","n":500,"f":1.5,"big":9007199254740993,"t":true,"z":null,"o":{"x":[1,"500"]},"e":"","d":1e400}`

var criteriaTests = []struct {
	attributes table
	data       string
	want       bool
}{
	{table{"contains": "b"}, "abc", true},
	{table{"contains": "x"}, "abc", false},
	{table{"matches": "^a.c$"}, "abc", true},
	{table{"matches": `\d`}, "abc", false},
	{table{"contains": "a", "matches": "c$"}, "abc", true},
	{table{"contains": "a", "matches": "b$"}, "abc", false},
	{table{"equals": "abc"}, "abc", true},
	{table{"equals": "abc"}, "abcd", false},
	{table{"equals": 5.0}, " 5.0 ", true},
	{table{"equals": 5.0}, "5x", false},
	{table{"equals": true}, "true", true},
	{table{"equals": true}, "false", false},
	{table{"less_than": 5.0}, "10", false},
	{table{"less_than": "5"}, "10", true},
	{table{"not_equals": 5.0}, "x", true},
	{table{"contains": "1", "at_least": 5.0}, "10", true},

	{table{"field": "n", "equals": 500.0}, doc, true},
	{table{"field": "n", "equals": "500"}, doc, false},
	{table{"field": "n", "not_equals": "500"}, doc, true},
	{table{"field": "n", "at_least": 500.0, "less_than": 501.0}, doc, true},
	{table{"field": "n", "more_than": 500.0}, doc, false},
	{table{"field": "n", "at_most": 499.5}, doc, false},
	{table{"field": "n", "contains": "50"}, doc, true},
	{table{"field": "n", "one_of": []any{"x", 500.0}}, doc, true},
	{table{"field": "n", "one_of": []any{"x", 501.0}}, doc, false},
	{table{"field": "n", "one_of": []string{"500"}}, doc, false},
	{table{"field": "n", "less_than": "6"}, doc, false},
	{table{"field": "f", "equals": 1.5}, doc, true},
	{table{"field": "big", "equals": int64(9007199254740993)}, doc, true},
	{table{"field": "big", "equals": int64(9007199254740992)}, doc, false},
	{table{"field": "d", "more_than": 1e300}, doc, true},
	{table{"field": "s", "equals": "aBc"}, doc, true},
	{table{"field": "s", "contains": "Bc", "matches": "^a"}, doc, true},
	{table{"field": "s", "contains": "u0042"}, doc, false},
	{table{"field": "s", "at_least": "a", "at_most": "b"}, doc, true},
	{table{"field": "s", "at_least": 0.0}, doc, false},
	{table{"field": "e", "equals": ""}, doc, true},
	{table{"field": "t", "equals": true}, doc, true},
	{table{"field": "t", "equals": false}, doc, false},
	{table{"field": "t", "not_equals": false}, doc, true},
	{table{"field": "z", "exists": true}, doc, true},
	{table{"field": "z", "equals": "null"}, doc, false},
	{table{"field": "z", "not_equals": "null"}, doc, true},
	{table{"field": "z", "contains": "null"}, doc, false},
	{table{"field": "o", "matches": "x"}, doc, false},
	{table{"field": "o", "exists": true}, doc, true},
	{table{"field": "o.x[1]", "equals": "500"}, doc, true},
	{table{"field": "o.x[2]", "exists": false}, doc, true},
	{table{"field": "o.x[0]", "exists": false}, doc, false},
	{table{"field": "no", "exists": true}, doc, false},
	{table{"field": "no", "equals": 1.0}, doc, false},
	{table{"field": "no", "not_equals": 1.0}, doc, true},
	{table{"field": "no", "at_least": 1.0}, doc, false},
	{table{"field": "no", "matches": ""}, doc, false},
	{table{"field": "no", "not_equals": 1.0, "exists": true}, doc, false},

	{table{"attribute": "topic", "equals": "orders"}, "", true},
	{table{"attribute": "topic", "matches": "^ord"}, "", true},
	{table{"attribute": "size", "at_least": 10.0}, "", true},
	{table{"attribute": "size", "at_least": 13.0}, "", false},
	{table{"attribute": "size", "equals": "12"}, "", true},
	{table{"attribute": "none", "exists": true}, "", false},
	{table{"attribute": "none", "exists": false}, "", true},
	{table{"attribute": "none", "contains": "x"}, "", false},
}

func TestCriteria(t *testing.T) {
	for _, c := range criteriaTests {
		f, err := factory(c.attributes)
		if err != nil {
			t.Fatalf("%v: %v", c.attributes, err)
		}
		opposite, err := reject.NewFactory(c.attributes)
		if err != nil {
			t.Fatalf("%v: %v", c.attributes, err)
		}
		for _, f := range []component.Factory{f, opposite} {
			want := component.Report{Status: component.Drop}
			if c.want == (f != opposite) {
				want = component.Report{}
			}
			worker := f.Create(nil)
			reports := make([]component.Report, 2)
			if n := worker.(component.BatchHandler).HandleBatch([]component.Message{message(c.data), message(c.data)}, reports); n != 2 {
				t.Errorf("HandleBatch handled %d", n)
			}
			reports = append(reports, fake.Handle(t, worker, message(c.data)))
			for _, got := range reports {
				if got != want {
					t.Errorf("%v, reject %v, on %s: %v; want %v", c.attributes, f == opposite, c.data, got, want)
				}
			}
		}
	}
}

func message(data string) *fake.Message {
	m := fake.NewMessage(data)
	m.SetAttribute("topic", "orders")
	m.SetAttribute("size", "12")
	return m
}

func TestInvalidMessagesFail(t *testing.T) {
	f, err := factory(table{"field": "a", "exists": true})
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	want := component.Report{Status: 201, Description: "not JSON: offset 5: expected a value, found '}'"}
	if r := fake.Handle(t, worker, fake.NewMessage(`{"b":}`)); r != want {
		t.Errorf("%v; want %v", r, want)
	}
	reports := make([]component.Report, 3)
	worker.(component.BatchHandler).HandleBatch(fake.Messages(`{"a":1}`, `{"b":}`, `{"a":2, what follows is not looked at`), reports)
	if reports[0].Status != 0 || reports[1] != want || reports[2].Status != 0 {
		t.Errorf("%v", reports)
	}
}

func TestAttributeErrors(t *testing.T) {
	for _, c := range []struct {
		attributes table
		want       string
	}{
		{table{}, "give at least one test: contains, matches, equals, not_equals, one_of, less_than, at_most, more_than, at_least or exists"},
		{table{"field": "a"}, "give at least one test: contains, matches, equals, not_equals, one_of, less_than, at_most, more_than, at_least or exists"},
		{table{"field": "a", "attribute": "b", "exists": true}, `attributes "field" and "attribute": the tests are about one of them; use two stages for two`},
		{table{"field": "a.", "exists": true}, `attribute "field": path "a.", offset 2: expected a key; one that is empty or holds . [ ] or " is written as ["…"], found the end`},
		{table{"exists": true}, `attribute "exists": say of what: give field or attribute as well`},
		{table{"contains": ""}, `attribute "contains": is empty, which every message contains`},
		{table{"matches": "a("}, "attribute \"matches\": error parsing regexp: missing closing ): `a(`"},
		{table{"equals": []any{}, "not_equals": table{}}, "attribute \"equals\": expected a string, number or boolean, got a list\n" +
			`attribute "not_equals": expected a string, number or boolean, got a table`},
		{table{"at_least": true}, `attribute "at_least": expected a number or a string, got a bool`},
		{table{"one_of": "x"}, `attribute "one_of": expected a list, got a string`},
		{table{"one_of": []any{}}, `attribute "one_of": the list is empty: nothing is one of it`},
		{table{"one_of": []any{"x", nil}}, `attribute "one_of": expected a string, number or boolean, got nil`},
		{table{"contain": "x"}, `unknown attribute "contain"; did you mean "contains"?`},
	} {
		if f, err := factory(c.attributes); err == nil || err.Error() != c.want || f != nil {
			t.Errorf("%v: %v\nwant %s", c.attributes, err, c.want)
		}
	}
}

func TestDeclarationsAreTrue(t *testing.T) {
	f, err := factory(table{"contains": "x"})
	if err != nil || f.Amount() != 1 {
		t.Fatal(err)
	}
	has := component.WorkerInterfaces(f.Create(nil)) | component.FactoryInterfaces(f)
	for _, d := range []component.Declaration{filter.Declaration, reject.Declaration} {
		if has != d.Interfaces {
			t.Errorf("%s has %v, the declaration names %v", d.Name, has, d.Interfaces)
		}
	}
}

// batch returns a worker and messages that are reused.
func batch(t testing.TB, attributes table, data ...string) (component.BatchHandler, []component.Message) {
	f, err := factory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	var messages []component.Message
	for range 256 / len(data) {
		messages = append(messages, fake.Messages(data...)...)
	}
	return f.Create(nil).(component.BatchHandler), messages
}

const (
	line  = `197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search?q=go+lua82128 HTTP/1.1" 200 51929 "-" "Go-http-client/1.1"`
	event = `{"ts":"2025-03-01T00:00:00.123Z","level":"in\u0066o","seq":1234567,"host":"web-12","service":"checkout","http":{"method":"GET","status":200}}`
)

func TestNoAllocations(t *testing.T) {
	for _, c := range []struct {
		attributes table
		data       string
	}{
		{table{"matches": `" 5[0-9][0-9] `}, line},
		{table{"equals": 5.0}, line},
		{table{"field": "level", "one_of": []any{"error", "fatal"}}, event},
		{table{"field": "http.status", "at_least": 199.5}, event},
	} {
		worker, messages := batch(t, c.attributes, c.data)
		reports := make([]component.Report, len(messages))
		if n := testing.AllocsPerRun(10, func() { worker.HandleBatch(messages, reports) }); n > 0 {
			t.Errorf("%v: %v allocations a batch", c.attributes, n)
		}
	}
}

func BenchmarkFilter(b *testing.B) {
	match := strings.Replace(line, `" 200 `, `" 503 `, 1)
	lines := []string{line, line, line, line, line, line, line, line, line, match}
	for _, c := range []struct {
		name       string
		attributes table
		data       []string
	}{
		{"contains", table{"contains": `" 503 `}, lines},
		{"contains a word", table{"contains": "error"}, lines},
		{"matches", table{"matches": `" 5[0-9][0-9] `}, lines},
		{"field", table{"field": "level", "equals": "error"}, []string{event}},
		{"nested field", table{"field": "http.status", "at_least": 500.0}, []string{event}},
	} {
		b.Run(c.name, func(b *testing.B) {
			worker, messages := batch(b, c.attributes, c.data...)
			reports := make([]component.Report, len(messages))
			b.ReportAllocs()
			for b.Loop() {
				clear(reports)
				worker.HandleBatch(messages, reports)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(messages)), "ns/message")
		})
	}
}
