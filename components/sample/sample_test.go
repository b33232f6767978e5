package sample_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/sample"
)

func create(t *testing.T, attributes map[string]any) (component.Factory, error) {
	t.Helper()
	attributes, err := sample.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return sample.NewFactory(attributes)
}

// pass hands n messages over, one by one or as a batch, and tells which pass.
func pass(t *testing.T, attributes map[string]any, n int, key func(i int) string, batch bool) (passed []int) {
	t.Helper()
	f, err := create(t, attributes)
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	messages := make([]component.Message, n)
	reports := make([]component.Report, n)
	for i := range messages {
		m := fake.NewMessage("")
		m.SetKey(key(i))
		messages[i] = m
		if !batch {
			reports[i] = fake.Handle(t, worker, m)
		}
	}
	if batch {
		if handled := worker.(component.BatchHandler).HandleBatch(messages, reports); handled != n {
			t.Errorf("handled %d of %d", handled, n)
		}
	}
	for i, r := range reports {
		switch r {
		case component.Report{}:
			passed = append(passed, i)
		case component.Report{Status: component.Drop}:
		default:
			t.Fatal(r)
		}
	}
	return passed
}

func number(i int) string { return fmt.Sprint(i) }

func TestEvery(t *testing.T) {
	for _, batch := range []bool{false, true} {
		if got := pass(t, map[string]any{"every": 3}, 10, number, batch); !slices.Equal(got, []int{0, 3, 6, 9}) {
			t.Error(got)
		}
		if got := pass(t, map[string]any{"every": 1}, 3, number, batch); len(got) != 3 {
			t.Error(got)
		}
	}
}

// Of n messages the share passes: exactly all of them, or about as many as
// chance allows, which a seed fixes.
func TestRatio(t *testing.T) {
	const n = 20_000
	for _, byKey := range []bool{false, true} {
		for _, ratio := range []float64{0.001, 0.1, 0.5, 0.9, 1} {
			attributes := map[string]any{"ratio": ratio, "by_key": byKey}
			got := pass(t, attributes, n, number, true)
			deviation := 5 * math.Sqrt(n*ratio*(1-ratio))
			if math.Abs(float64(len(got))-n*ratio) > deviation {
				t.Errorf("ratio %v, by key %v: %d of %d pass", ratio, byKey, len(got), n)
			}
			if again := pass(t, attributes, n, number, false); !slices.Equal(got, again) {
				t.Errorf("ratio %v, by key %v: another time others pass", ratio, byKey)
			}
			attributes["seed"] = 1
			if other := pass(t, attributes, n, number, true); ratio < 1 && slices.Equal(got, other) {
				t.Errorf("ratio %v, by key %v: the seed changes nothing", ratio, byKey)
			}
		}
	}
}

// All messages of a key pass, or none, and always the same keys.
func TestByKey(t *testing.T) {
	got := pass(t, map[string]any{"ratio": 0.3, "by_key": true}, 100, func(i int) string { return fmt.Sprint(i % 10) }, true)
	keys := map[int]int{}
	for _, i := range got {
		keys[i%10]++
	}
	for key, n := range keys {
		if n != 10 {
			t.Errorf("%d of 10 messages with the key %d pass", n, key)
		}
	}
	if got = got[:len(keys)]; fmt.Sprint(got) != golden {
		t.Errorf("the keys %v pass, and in other processes %v", got, golden)
	}
}

// golden are the keys that pass in every version.
const golden = "[0 2 4 6 7 8]"

func TestErrors(t *testing.T) {
	for _, test := range []struct {
		attributes map[string]any
		want       string
	}{
		{nil, `"every" and "ratio": give one of them`},
		{map[string]any{"every": 2, "ratio": 0.5}, `"every" and "ratio": give one of them`},
		{map[string]any{"ratio": 1.5}, `"ratio": 1.5 is no share`},
		{map[string]any{"ratio": math.NaN()}, `"ratio": NaN is no share`},
		{map[string]any{"every": 2, "by_key": true}, `"by_key" needs "ratio"`},
	} {
		if _, err := create(t, test.attributes); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v", test.attributes, err)
		}
	}
}

func TestInterfaces(t *testing.T) {
	f, err := create(t, map[string]any{"every": 2})
	if err != nil {
		t.Fatal(err)
	}
	if got := component.WorkerInterfaces(f.Create(nil)); got != sample.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, sample.Declaration.Interfaces)
	}
}
