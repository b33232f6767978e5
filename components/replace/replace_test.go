package replace_test

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/replace"
)

// message counts what is done to it.
type message struct {
	*fake.Message
	room []byte
	sets int
}

func (m *message) SetData(data []byte) {
	m.sets++
	m.Message.SetData(data)
}

func (m *message) Grow(n int) []byte {
	m.room = make([]byte, 0, n)
	return m.room
}

// factory makes a factory the way a pipeline does.
func factory(attributes table) (component.Factory, error) {
	valid, err := replace.Declaration.Validate(attributes)
	if err != nil {
		return nil, err
	}
	return replace.NewFactory(valid)
}

type table = map[string]any

func TestReplace(t *testing.T) {
	for _, c := range []struct {
		attributes table
		data, want string
	}{
		{table{"old": "a", "new": "bb"}, "a-a-c", "bb-bb-c"},
		{table{"old": "aa", "new": "a"}, "aaaaa", "aaa"},
		{table{"old": "a"}, "banana", "bnn"},
		{table{"old": "a", "new": "$1"}, "a", "$1"},
		{table{"old": "a", "new": "b", "count": 2.0}, "aaaa", "bbaa"},
		{table{"old": "x", "new": "y"}, "abc", "abc"},
		{table{"old": "abc", "new": ""}, "abc", ""},
		{table{"old": "x", "new": "y"}, "", ""},
		{table{"pattern": `\d+`, "with": "#"}, "a1b22c", "a#b#c"},
		{table{"pattern": `\d+`}, "a1b22c", "abc"},
		{table{"pattern": `\d+`, "with": "<$0>", "count": 1.0}, "a1b22c", "a<1>b22c"},
		{table{"pattern": `\b\d{3}-\d{2}-\d{4}\b`, "with": "***"}, "ssn 123-45-6789, 1234-56-7890", "ssn ***, 1234-56-7890"},
		{table{"pattern": `(\w+)@(?P<host>\w+)`, "with": "${host} at $1$$"}, "me@home you@work", "home at me$ work at you$"},
		{table{"pattern": `(a)|(b)`, "with": "[$1|$2]"}, "ab", "[a|][|b]"},
		{table{"pattern": `(a)|(b)`, "with": "[$1|$2]", "count": 1.0}, "ab", "[a|]b"},
		{table{"pattern": `x*`, "with": "-"}, "abc", "-a-b-c-"},
		{table{"pattern": `^a`, "with": "b"}, "aaa", "baa"},
		{table{"pattern": `(z)`, "with": "$1"}, "abc", "abc"},
	} {
		f, err := factory(c.attributes)
		if err != nil {
			t.Fatalf("%v: %v", c.attributes, err)
		}
		one, batch := &message{Message: fake.NewMessage(c.data)}, &message{Message: fake.NewMessage(c.data)}
		worker := f.Create(nil)
		if r := fake.Handle(t, worker, one); r != (component.Report{}) {
			t.Errorf("%v: %v", c.attributes, r)
		}
		reports := make([]component.Report, 1)
		if n := worker.(component.BatchHandler).HandleBatch([]component.Message{batch}, reports); n != 1 || reports[0] != (component.Report{}) {
			t.Errorf("%v: %d, %v", c.attributes, n, reports)
		}
		for _, m := range []*message{one, batch} {
			if got := string(m.GetData()); got != c.want {
				t.Errorf("%v on %q: %q; want %q", c.attributes, c.data, got, c.want)
			}
			if changed := c.data != c.want; changed != (m.sets == 1) || m.sets > 1 {
				t.Errorf("%v on %q: SetData was called %d times", c.attributes, c.data, m.sets)
			}
			if m.sets > 0 && cap(m.room) != len(c.want) {
				t.Errorf("%v on %q: Grow(%d) for %d bytes", c.attributes, c.data, cap(m.room), len(c.want))
			}
		}
	}
}

func TestAttributeErrors(t *testing.T) {
	for _, c := range []struct {
		attributes table
		want       string
	}{
		{table{}, `give either the attribute "old" or the attribute "pattern"`},
		{table{"old": "a", "pattern": "a"}, `give either the attribute "old" or the attribute "pattern"`},
		{table{"old": ""}, `attribute "old": is empty; give the text to replace`},
		{table{"old": "a", "with": "b"}, `attribute "with": goes with "pattern"; give "new" beside "old"`},
		{table{"pattern": "a", "new": "b"}, `attribute "new": goes with "old"; give "with" beside "pattern"`},
		{table{"pattern": "a("}, "attribute \"pattern\": error parsing regexp: missing closing ): `a(`"},
		{table{"pattern": "(a)", "with": "$2"}, `attribute "with": ${2}: the pattern has no more than 1 groups`},
		{table{"pattern": "(a)", "with": "$1st"}, `attribute "with": ${1st}: the pattern has no group of that name; for a group with text behind it write ${1}st`},
		{table{"pattern": "(a)", "with": "${x}"}, `attribute "with": ${x}: the pattern has no group of that name`},
		{table{"pattern": "(a)", "with": "${}"}, `attribute "with": ${}: the pattern has no group of that name`},
		{table{"pattern": "(a)", "with": "${1"}, `attribute "with": ${1: there is no } behind it`},
		{table{"pattern": "(a)", "with": "5 $"}, `attribute "with": $: no group is named behind the dollar sign; write $$ for the sign itself`},
		{table{"old": "a", "count": 0.0}, `attribute "count": 0 is too small; the least is 1`},
		{table{"patern": "a"}, `unknown attribute "patern"; did you mean "pattern"?`},
	} {
		if f, err := factory(c.attributes); err == nil || err.Error() != c.want || f != nil {
			t.Errorf("%v: %v\nwant %s", c.attributes, err, c.want)
		}
	}
}

// TestAgreesWithRegexp draws patterns, templates and data.
func TestAgreesWithRegexp(t *testing.T) {
	patterns := []string{"a", "a|ab", "(a)(b)?", "[ab]+", "(?P<x>b*)c", `\b`, "é|.", "(?i)K", "a.*b", "^|$"}
	templates := []string{"", "x", "$0$0", "<${0}>", "$$"}
	pieces := []string{"a", "b", "c", "k", "é", " ", "\xff", "\n", "something longer than a word"}
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.SampledFrom(patterns).Draw(t, "pattern")
		with := rapid.SampledFrom(templates).Draw(t, "with")
		if strings.Contains(pattern, "(") && !strings.Contains(pattern, "(?i") && rapid.Bool().Draw(t, "group") {
			with += "$1"
		}
		data := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 12).Draw(t, "data"), "")
		f, err := factory(table{"pattern": pattern, "with": with})
		if err != nil {
			t.Fatal(err)
		}
		m := fake.NewMessage(data)
		f.Create(nil).Handle(m, func(component.Report) {})
		if want := regexp.MustCompile(pattern).ReplaceAllString(data, with); string(m.GetData()) != want {
			t.Fatalf("%q with %q in %q: %q; want %q", pattern, with, data, m.GetData(), want)
		}
	})
}

func TestDeclarationIsTrue(t *testing.T) {
	f, err := factory(table{"old": "a"})
	if err != nil || f.Amount() != 1 {
		t.Fatal(err)
	}
	if got := component.WorkerInterfaces(f.Create(nil)) | component.FactoryInterfaces(f); got != replace.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, replace.Declaration.Interfaces)
	}
}

// reused is a message whose memory is reused.
type reused struct {
	component.StandardMessage
	data, room []byte
}

func (m *reused) GetData() []byte   { return m.data }
func (m *reused) SetData([]byte)    {}
func (m *reused) Grow(n int) []byte { return m.room[:0] }

const line = `197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search?q=go+lua82128 HTTP/1.1" 200 51929 "-" "Go-http-client/1.1"`

func batch(t testing.TB, attributes table) (component.BatchHandler, []component.Message, []component.Report) {
	f, err := factory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	messages := make([]component.Message, 256)
	for i := range messages {
		messages[i] = &reused{data: []byte(line), room: make([]byte, 200)}
	}
	return f.Create(nil).(component.BatchHandler), messages, make([]component.Report, len(messages))
}

func TestNoAllocations(t *testing.T) {
	for _, attributes := range []table{
		{"old": "HTTP/1.1", "new": "HTTP/2.0"},
		{"pattern": `lua\d{5}`, "with": "x$0"},
		{"pattern": `id=(\d+)`, "with": "$1"},
	} {
		worker, messages, reports := batch(t, attributes)
		if n := testing.AllocsPerRun(10, func() { worker.HandleBatch(messages, reports) }); n > 0 {
			t.Errorf("%v: %v allocations a batch", attributes, n)
		}
	}
}

func BenchmarkReplace(b *testing.B) {
	for name, attributes := range map[string]table{
		"text":               {"old": "HTTP/1.1", "new": "HTTP/2.0"},
		"text not there":     {"old": "HTTP/9.9", "new": "HTTP/2.0"},
		"pattern":            {"pattern": `lua\d{5}`, "with": "x$0"},
		"pattern and group":  {"pattern": `q=([a-z]+)`, "with": "q=<$1>"},
		"pattern not there":  {"pattern": `id=(\d+)`, "with": "$1"},
		"pattern and engine": {"pattern": `lua\d+`, "with": "x"},
	} {
		b.Run(name, func(b *testing.B) {
			worker, messages, reports := batch(b, attributes)
			b.ReportAllocs()
			for b.Loop() {
				worker.HandleBatch(messages, reports)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(messages)), "ns/message")
		})
	}
}
