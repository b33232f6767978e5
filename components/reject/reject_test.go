package reject_test

import (
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/reject"
)

// What the criteria mean is tested in package filter.
func TestReject(t *testing.T) {
	attributes, err := reject.Declaration.Validate(map[string]any{"contains": "x"})
	if err != nil {
		t.Fatal(err)
	}
	f, err := reject.NewFactory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	for data, want := range map[string]int{"axb": component.Drop, "abc": component.Done} {
		if r := fake.Handle(t, worker, fake.NewMessage(data)); r.Status != want {
			t.Errorf("%s: %v; want %d", data, r, want)
		}
	}
	if got := component.WorkerInterfaces(worker) | component.FactoryInterfaces(f); got != reject.Declaration.Interfaces || reject.Declaration.Name != "reject" {
		t.Errorf("%s has %v, the declaration names %v", reject.Declaration.Name, got, reject.Declaration.Interfaces)
	}
	if _, err := reject.NewFactory(nil); err == nil {
		t.Error("a reject without a test")
	}
}
