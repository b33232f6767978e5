package split_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/split"
)

// handle hands a message to a worker of its own and returns what was sent.
func handle(t testing.TB, attributes map[string]any, message *fake.Message) ([]component.Message, component.Report) {
	t.Helper()
	attributes, err := split.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := split.NewFactory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	postponed := make(chan component.Message, 1000)
	report := fake.Handle(t, f.Create(postponed), message)
	close(postponed)
	var sent []component.Message
	for m := range postponed {
		sent = append(sent, m)
	}
	return sent, report
}

func TestSplit(t *testing.T) {
	json := map[string]any{"by": "json"}
	tests := []struct {
		name       string
		attributes map[string]any
		data       string
		want       []string
		status     int
	}{
		{"lines", nil, "a\nbc\n\nd", []string{"a", "bc", "", "d"}, component.Drop},
		{"a delimiter at the end", nil, "a\nb\n", []string{"a", "b"}, component.Drop},
		{"only a delimiter", nil, "\n", []string{""}, component.Drop},
		{"nothing to split", nil, "abc", nil, component.Done},
		{"nothing at all", nil, "", nil, component.Done},
		{"without empty ones", map[string]any{"skip_empty": true}, "\na\n\n", []string{"a"}, component.Drop},
		{"without empty ones, nothing left", map[string]any{"skip_empty": true}, "", nil, component.Drop},
		{"a long delimiter", map[string]any{"delimiter": ", "}, "a, b,c", []string{"a", "b,c"}, component.Drop},
		{"an array", json, ` [1, "two" ,{"three": [3]},null] `, []string{"1", `"two"`, `{"three": [3]}`, "null"}, component.Drop},
		{"an empty array", json, "[]", nil, component.Drop},
		{"no array", json, `{"a":1}`, nil, split.StatusNoArray},
		{"no JSON", json, `[1,`, nil, split.StatusNoArray},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			message := fake.NewMessage(test.data)
			message.SetKey("key")
			message.SetAttribute("name", "value")
			sent, report := handle(t, test.attributes, message)
			if report.Status != test.status {
				t.Errorf("report %v, want %d", report, test.status)
			}
			var got []string
			for _, m := range sent {
				got = append(got, string(m.GetData()))
				s := m.(component.StandardMessage)
				if value, _ := s.Attribute("name"); s.Key() != "key" || value != "value" {
					t.Errorf("a part has the key %q and the attribute %q", s.Key(), value)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// A message is settled when its parts are, and its outcome is the worst.
func TestOutcome(t *testing.T) {
	message := fake.NewMessage("a\nb\nc")
	sent, _ := handle(t, nil, message)
	for i, m := range sent {
		if _, settled := message.Settled(); settled {
			t.Errorf("settled after %d parts of 3", i)
		}
		*m.Status() = component.Report{Status: []int{component.Done, component.Fail, component.Drop}[i]}
		fake.Deliver(m)
	}
	if outcome, settled := message.Settled(); !settled || outcome.Class() != component.ClassFail {
		t.Errorf("settled %v, as %v", settled, outcome)
	}
}

// Parts joined are the message, and no part shares memory that another one may
// write to.
func TestSplitJoins(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		delimiter := rapid.SampledFrom([]string{"\n", "ab", "aa"}).Draw(r, "delimiter")
		data := rapid.StringOf(rapid.SampledFrom([]rune("ab\n"))).Draw(r, "data")
		sent, report := handle(t, map[string]any{"delimiter": delimiter}, fake.NewMessage(data))
		if report.Class() == component.ClassDone {
			if strings.Contains(data, delimiter) {
				r.Fatalf("%q was not split", data)
			}
			return
		}
		var got []string
		for _, m := range sent {
			part := m.GetData()
			_ = append(part, '#')
			got = append(got, string(part))
		}
		if joined := strings.Join(got, delimiter); joined != data && joined+delimiter != data {
			r.Fatalf("%q became %q", data, got)
		}
	})
}

func TestDelimiterMissing(t *testing.T) {
	attributes, err := split.Declaration.Validate(map[string]any{"delimiter": ""})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := split.NewFactory(attributes); err == nil || !strings.Contains(err.Error(), `"delimiter" is empty`) {
		t.Error(err)
	}
}
