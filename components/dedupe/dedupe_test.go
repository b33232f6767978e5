package dedupe_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/dedupe"
	"github.com/gopiper/gopiper/components/internal/fake"
)

// message makes a message of its data and, behind a bar, its key and attributes:
// "data|key|colour=green".
func message(text string) *fake.Message {
	parts := strings.Split(text, "|")
	m := fake.NewMessage(parts[0])
	if len(parts) > 1 {
		m.SetKey(parts[1])
	}
	for _, p := range parts[min(2, len(parts)):] {
		name, value, _ := strings.Cut(p, "=")
		m.SetAttribute(name, value)
	}
	return m
}

// statuses hands messages to the worker, together, and returns their statuses.
func statuses(t *testing.T, worker component.Component, texts ...string) string {
	t.Helper()
	messages := make([]component.Message, len(texts))
	for i, text := range texts {
		messages[i] = message(text)
	}
	return handle(t, worker, messages...)
}

func handle(t *testing.T, worker component.Component, messages ...component.Message) string {
	t.Helper()
	reports := make([]component.Report, len(messages))
	if n := worker.(component.BatchHandler).HandleBatch(messages, reports); n != len(messages) {
		t.Fatalf("%d messages were handled of %d", n, len(messages))
	}
	var text []string
	for _, r := range reports {
		text = append(text, fmt.Sprint(r.Status))
	}
	return strings.Join(text, " ")
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		name       string
		attributes map[string]any
		messages   []string
		want       string
	}{
		{"data", nil, []string{"a", "b", "a", "", "", "ab", "A"}, "0 0 300 0 300 0 0"},
		{"data, whatever else there is", nil, []string{"a|k|x=1", "a|l|x=2"}, "0 300"},
		{"its key", map[string]any{"by_key": true}, []string{"a|k", "b|k", "a|l", "a", "a"}, "0 300 0 0 0"},
		{"attribute", map[string]any{"attribute": "id"}, []string{"a||id=1", "b||id=1", "a||id=2", "a||other=1", "a||other=1"}, "0 300 0 0 0"},
		{"an empty attribute is there", map[string]any{"attribute": "id"}, []string{"a||id=", "b||id="}, "0 300"},
		{"field", map[string]any{"field": "user.id"}, []string{`{"user":{"id":7}}`, `{"n":1,"user":{"id":7}}`, `{"user":{"id":8}}`}, "0 300 0"},
		{"kinds differ", map[string]any{"field": "id"}, []string{`{"id":1}`, `{"id":"1"}`, `{"id":true}`, `{"id":"true"}`, `{"id":[1]}`, `{"id":"[1]"}`}, "0 0 0 0 0 0"},
		{"numbers as they are written", map[string]any{"field": "id"}, []string{`{"id":1}`, `{"id":1.0}`, `{"id": 1}`}, "0 0 300"},
		{"escapes are resolved", map[string]any{"field": "id"}, []string{`{"id":"a"}`, `{"id":"\u0061"}`}, "0 300"},
		{"null is missing", map[string]any{"field": "id"}, []string{`{"id":null}`, `{"id":null}`, `7`, `7`}, "0 0 0 0"},
		{"dropped if missing", map[string]any{"field": "id", "missing": "drop"}, []string{`{}`, `{"id":1}`}, "300 0"},
		{"failed if missing", map[string]any{"field": "id", "missing": "fail"}, []string{`{}`, `{"id":1}`}, "202 0"},
		{"no JSON", map[string]any{"field": "id"}, []string{`{"id":1}`, `{"id"`, "", `{"id":1}`}, "0 201 201 300"},
		{"several fields", map[string]any{"field": []any{"a", "b"}}, []string{`{"a":"x","b":"yz"}`, `{"a":"xy","b":"z"}`, `{"b":"yz","a":"x"}`, `{"a":"x"}`, `{"a":"x"}`}, "0 0 300 0 0"},
		{"all kinds of parts", map[string]any{"by_key": true, "attribute": []any{"x", "y"}, "field": "id"},
			[]string{`{"id":1}|k|x=1|y=2`, `{"id":1}|k|x=2|y=1`, `{"id":1}|l|x=1|y=2`, `{"id":2}|k|x=1|y=2`, `{"id": 1}|k|y=2|x=1`, `{"id":1}|k|x=1`}, "0 0 0 0 300 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := statuses(t, newFactory(t, c.attributes).Create(nil), c.messages...); got != c.want {
				t.Errorf("together: %s, want %s", got, c.want)
			}
			worker := newFactory(t, c.attributes).Create(nil)
			var got []string
			for _, text := range c.messages {
				got = append(got, fmt.Sprint(fake.Handle(t, worker, message(text)).Status))
			}
			if got := strings.Join(got, " "); got != c.want {
				t.Errorf("one by one: %s, want %s", got, c.want)
			}
		})
	}
}

// A failure says why, a repetition costs no description.
func TestDescriptions(t *testing.T) {
	for _, c := range []struct {
		attributes map[string]any
		message    string
		want       component.Report
	}{
		{map[string]any{"field": "a.b", "missing": "fail"}, `{"a":1}`, component.Report{Status: 202, Description: "it has no field a.b"}},
		{map[string]any{"attribute": "x", "missing": "fail"}, "", component.Report{Status: 202, Description: `it has no attribute "x"`}},
		{map[string]any{"by_key": true, "missing": "fail"}, "", component.Report{Status: 202, Description: "it has no key"}},
		{map[string]any{"by_key": true, "missing": "drop"}, "", component.Report{Status: 300}},
		{map[string]any{"field": "a"}, `{"a"`, component.Report{Status: 201, Description: "not JSON: offset 4: expected ':', found the end"}},
	} {
		if got := fake.Handle(t, newFactory(t, c.attributes).Create(nil), message(c.message)); got != c.want {
			t.Errorf("%v: %s: %q, want %q", c.attributes, c.message, got, c.want)
		}
	}
}

func TestWrong(t *testing.T) {
	for _, c := range []struct {
		attributes map[string]any
		want       string
	}{
		{map[string]any{"field": "a..b"}, `attribute "field": path "a..b", offset 2: expected a key`},
		{map[string]any{"field": []any{}}, `attribute "field": is empty; give a path, or leave it out`},
		{map[string]any{"attribute": ""}, `attribute "attribute": is empty; name one, or leave it out`},
		{map[string]any{"attribute": []any{}}, `attribute "attribute": is empty`},
		{map[string]any{"max_keys": 0}, `attribute "max_keys": 0 is too small; the least is 1`},
		{map[string]any{"max_keys": 1<<30 + 1}, `attribute "max_keys": 1073741825 is too large; the most is 1073741824`},
		{map[string]any{"window": "-1s"}, `attribute "window": -1s is too small`},
		{map[string]any{"missing": "dorp"}, `did you mean "drop"?`},
	} {
		attributes, err := dedupe.Declaration.Validate(c.attributes)
		if err == nil {
			_, err = dedupe.NewFactory(attributes)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.attributes, err, c.want)
		}
	}
}

// timed returns a worker, and its clock, which begins at a second.
func timed(t *testing.T, attributes map[string]any) (component.Component, *time.Duration) {
	t.Helper()
	f, now := newFactory(t, attributes), time.Second
	dedupe.SetClock(f, func() int64 { return int64(now) })
	return f.Create(nil), &now
}

func TestWindow(t *testing.T) {
	worker, now := timed(t, map[string]any{"window": "10s"})
	for _, step := range []struct {
		at   time.Duration
		want string
	}{
		{0, "0"},
		{10*time.Second - 1, "300"}, // it does not count as the first
		{10 * time.Second, "0"},
		{20*time.Second - 1, "300"},
		{45 * time.Second, "0"},
	} {
		*now = time.Second + step.at
		if got := statuses(t, worker, "a"); got != step.want {
			t.Errorf("at %v: %s, want %s", step.at, got, step.want)
		}
	}
}

func TestNoWindow(t *testing.T) {
	worker, now := timed(t, map[string]any{"window": 0})
	if got := statuses(t, worker, "a"); got != "0" {
		t.Errorf("first: %s", got)
	}
	*now = 100 * 365 * 24 * time.Hour
	if got := statuses(t, worker, "a"); got != "300" {
		t.Errorf("in a hundred years: %s", got)
	}
}

func TestMaxKeys(t *testing.T) {
	worker, _ := timed(t, map[string]any{"max_keys": 2})
	// c pushes out a, and a pushes out b; a repetition is no use of a key.
	if got, want := statuses(t, worker, "a", "b", "a", "c", "a", "c", "b"), "0 0 300 0 0 300 0"; got != want {
		t.Errorf("together: %s, want %s", got, want)
	}
	// What is over is taken out of memory.
	f := newFactory(t, map[string]any{"max_keys": 2})
	statuses(t, f.Create(nil), "a", "b", "c", "d", "e", "f", "g")
	if sightings, keys := dedupe.Lies(f); sightings != 2 || keys != 2 {
		t.Errorf("%d sightings of %d keys lie in memory, want 2", sightings, keys)
	}
}

// The clock does not go back with the wall clock.
func TestClock(t *testing.T) {
	for _, c := range []struct {
		wall, start int64
		passed      time.Duration
		want        int64
	}{
		{150, 100, 50, 150},
		{90, 100, 50, 150},  // set back
		{900, 100, 50, 900}, // set ahead, or the computer slept
	} {
		if got := dedupe.Later(c.wall, c.start, c.passed); got != c.want {
			t.Errorf("wall %d, started at %d, %d ago: %d, want %d", c.wall, c.start, c.passed, got, c.want)
		}
	}
}

// Of a batch that is too long to be undone as a whole a part is handled.
func TestLongBatch(t *testing.T) {
	worker := newFactory(t, nil).Create(nil).(component.BatchHandler)
	messages := fake.Messages(make([]string, dedupe.BatchMost+10)...)
	if n := worker.HandleBatch(messages, make([]component.Report, len(messages))); n != dedupe.BatchMost {
		t.Errorf("%d are handled, want %d", n, dedupe.BatchMost)
	}
}

// Workers remember together: of equal messages one passes.
func TestWorkers(t *testing.T) {
	const workers, keys = 4, 5000
	f := newFactory(t, nil)
	passed := make([]map[string]bool, workers)
	var group sync.WaitGroup
	for w := range workers {
		worker := f.Create(nil).(component.BatchHandler)
		passed[w] = map[string]bool{}
		group.Go(func() {
			for first := 0; first < keys; first += 100 {
				var texts []string
				for i := range 100 {
					texts = append(texts, fmt.Sprint(first+i))
				}
				reports := make([]component.Report, len(texts))
				worker.HandleBatch(fake.Messages(texts...), reports)
				for i, r := range reports {
					if r.Status == component.Done {
						passed[w][texts[i]] = true
					}
				}
			}
		})
	}
	group.Wait()
	total := map[string]int{}
	for _, some := range passed {
		for key := range some {
			total[key]++
		}
	}
	for i := range keys {
		if n := total[fmt.Sprint(i)]; n != 1 {
			t.Errorf("message %d passed %d times", i, n)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"data": {}, "field": {"field": []any{"id", "name"}}, "attribute": {"attribute": "x", "by_key": true},
	} {
		worker := newFactory(t, attributes).Create(nil).(component.BatchHandler)
		messages := make([]component.Message, 100)
		for i := range messages {
			messages[i] = message(fmt.Sprintf(`{"id":%d,"name":"\n"}|key|x=%d`, i, i))
		}
		reports := make([]component.Report, len(messages))
		if n := testing.AllocsPerRun(10, func() {
			clear(reports)
			worker.HandleBatch(messages, reports)
		}); n != 0 {
			t.Errorf("%s: %v allocations in 100 messages", name, n)
		}
	}
}
