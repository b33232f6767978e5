package generate_test

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/generate"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func create(t *testing.T, attributes map[string]any) (component.Factory, error) {
	t.Helper()
	attributes, err := generate.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return generate.NewFactory(attributes)
}

func run(t *testing.T, out *fake.Output, attributes map[string]any) {
	t.Helper()
	f, err := create(t, attributes)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Create(nil).(component.Runner).Run(t.Context(), out); err != nil {
		t.Fatal(err)
	}
}

func TestTemplate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in which it is the year 2000
		tests := []struct{ template, want string }{
			{"message {{seq}}", "message 1"},
			{"plain } text { }}", "plain } text { }}"},
			{"", ""},
			{`{"a":{"b":{{seq}}}}`, `{"a":{"b":1}}`},
			{"{{ seq }}{{seq}}", "11"},
			{"{{time}}", "2000-01-01T00:00:00.000Z"},
			{"{{unix_nano}}", "946684800000000000"},
			{"{{random 10}}", "^[0-9]$"},
			{"{{random 1}}", "0"},
			{"{{hex 40}}", "^[0-9a-f]{40}$"},
			{"{{pick a|b c|}}", "^(a|b c|)$"},
			{"{{uuid}}", "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"},
		}
		for _, test := range tests {
			for seed := range 20 {
				var out fake.Output
				run(t, &out, map[string]any{"template": test.template, "count": 1, "seed": seed})
				got := out.Data()[0]
				if pattern := strings.HasPrefix(test.want, "^"); pattern && !regexp.MustCompile(test.want).MatchString(got) || !pattern && got != test.want {
					t.Errorf("%s: got %s, want %s", test.template, got, test.want)
				}
			}
		}
	})
}

func TestErrors(t *testing.T) {
	tests := []struct {
		attributes map[string]any
		want       string
	}{
		{map[string]any{"template": "a {{seq"}, `attribute "template": no }} follows {{seq`},
		{map[string]any{"template": "{{sek}}"}, "{{sek}}: no such placeholder; did you mean {{seq}}?"},
		{map[string]any{"template": "{{frobnicate}}"}, "there are seq, time,"},
		{map[string]any{"template": "{{}}"}, "{{}}: no such placeholder"},
		{map[string]any{"template": "{{random}}"}, "such as {{random 8}}"},
		{map[string]any{"template": "{{hex -1}}"}, "such as {{hex 8}}"},
		{map[string]any{"template": "{{hex 9999999999}}"}, "such as {{hex 8}}"},
		{map[string]any{"template": "{{pick}}"}, "such as {{pick a|b}}"},
		{map[string]any{"template": "{{time utc}}"}, "takes nothing behind its name"},
		{map[string]any{"rate": math.NaN()}, `attribute "rate": NaN`},
		{map[string]any{"rate": math.Inf(1)}, `attribute "rate": +Inf`},
		{map[string]any{"rate": 1e-9}, `attribute "rate": 1e-09`},
	}
	for _, test := range tests {
		if _, err := create(t, test.attributes); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %s", test.attributes, err, test.want)
		}
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("a {{seq}} {{pick a|b}} {{ random 10 }}{{")
	f.Fuzz(func(t *testing.T, template string) {
		if factory, err := create(t, map[string]any{"template": template, "count": 3}); err == nil {
			var out fake.Output
			if err := factory.Create(nil).(component.Runner).Run(t.Context(), &out); err != nil || len(out.Data()) != 3 {
				t.Errorf("%d messages, %v", len(out.Data()), err)
			}
		}
	})
}

func TestCount(t *testing.T) {
	var out fake.Output
	run(t, &out, map[string]any{"count": 1300, "template": "{{seq}}"})
	for i, got := range out.Data() {
		if got != fmt.Sprint(i+1) {
			t.Fatalf("message %d is %s", i+1, got)
		}
	}
	if got := out.Batches(); !slices.Equal(got, []int{1, 512, 512, 275}) {
		t.Errorf("in batches of %d", got)
	}
}

// Long messages come in small batches.
func TestLongMessages(t *testing.T) {
	var out fake.Output
	run(t, &out, map[string]any{"count": 700, "template": strings.Repeat("x", 30_000)})
	got := out.Batches()
	if len(out.Data()) != 700 || slices.Max(got) != 2 {
		t.Errorf("in batches of %d", got)
	}
}

// Equal seeds make equal messages, other seeds and other workers others.
func TestSeed(t *testing.T) {
	attributes := func(seed int) map[string]any {
		return map[string]any{"count": 5, "template": "{{uuid}} {{hex 8}} {{random 1000000}}", "seed": seed}
	}
	var one, again, other fake.Output
	run(t, &one, attributes(1))
	run(t, &again, attributes(1))
	run(t, &other, attributes(2))
	if !slices.Equal(one.Data(), again.Data()) {
		t.Error("equal seeds make different messages")
	}
	if one.Data()[0] == other.Data()[0] || one.Data()[0] == one.Data()[1] {
		t.Error("what is random is equal")
	}
}

// Several workers share the count and the numbers.
func TestWorkers(t *testing.T) {
	f, err := create(t, map[string]any{"count": 5000, "template": "{{seq}}"})
	if err != nil {
		t.Fatal(err)
	}
	var outs [3]fake.Output
	var wait sync.WaitGroup
	for i := range outs {
		worker := f.Create(nil).(component.Runner)
		wait.Go(func() { worker.Run(t.Context(), &outs[i]) })
	}
	wait.Wait()
	seen := map[string]bool{}
	for i := range outs {
		for _, d := range outs[i].Data() {
			seen[d] = true
		}
	}
	if len(seen) != 5000 || !seen["1"] || !seen["5000"] {
		t.Errorf("%d numbers", len(seen))
	}
}

func TestRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, rate := range []float64{1000, 3, 0.01} {
			start := time.Now()
			var out fake.Output
			var times []time.Duration
			out.OnEmit = func() { times = append(times, time.Since(start)) }
			run(t, &out, map[string]any{"count": 100, "rate": rate})
			for i, at := range times {
				want := time.Duration(float64(i) / rate * float64(time.Second))
				if late := at - want; late < 0 || late > 2*time.Microsecond {
					t.Fatalf("rate %v: message %d after %v, want %v", rate, i, at, want)
				}
			}
			if n := len(times); n != 100 {
				t.Errorf("rate %v: %d batches", rate, n)
			}
		}
	})
}

// Held back by the pipeline, it catches up for a second and no more.
func TestCatchUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out fake.Output
		first := true
		out.OnEmit = func() {
			if first {
				time.Sleep(time.Hour)
			}
			first = false
		}
		start := time.Now()
		run(t, &out, map[string]any{"count": 1 + 101 + 1, "rate": 100})
		if got := out.Batches(); len(got) != 3 || got[0] != 1 || got[1] != 101 {
			t.Errorf("in batches of %d", got)
		}
		if took := time.Since(start).Round(time.Millisecond); took < time.Hour || took > time.Hour+20*time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestStops(t *testing.T) {
	out := fake.Output{StopAt: 1000}
	run(t, &out, nil)
	synctest.Test(t, func(t *testing.T) {
		f, err := create(t, map[string]any{"rate": 0.001})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		out := fake.Output{OnEmit: cancel} // it waits for the next one
		if err := f.Create(nil).(component.Runner).Run(ctx, &out); err != nil {
			t.Error(err)
		}
	})
}

func TestHandleRefuses(t *testing.T) {
	f, err := create(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	if r := fake.Handle(t, worker, fake.NewMessage("a")); r.Class() != component.ClassFail {
		t.Error(r)
	}
	if component.WorkerInterfaces(worker) != generate.Declaration.Interfaces {
		t.Error("the declaration names other interfaces")
	}
}

func BenchmarkGenerate(b *testing.B) {
	for _, template := range []string{"message {{seq}}", "{{time}} {{uuid}} {{random 100}}"} {
		b.Run(template, func(b *testing.B) {
			attributes, _ := generate.Declaration.Validate(map[string]any{"count": b.N, "template": template})
			f, err := generate.NewFactory(attributes)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			if err := f.Create(nil).(component.Runner).Run(b.Context(), &discard{}); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// discard takes batches and gives the same one back.
type discard struct{ batch component.Batch }

func (d *discard) Batch() *component.Batch { return &d.batch }

func (d *discard) Emit(b *component.Batch) bool {
	b.Reset()
	return true
}
