package drop_test

import (
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/drop"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func TestDrop(t *testing.T) {
	f, err := drop.NewFactory(nil)
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	if r := fake.Handle(t, worker, fake.NewMessage("a")); r.Class() != component.ClassDone {
		t.Error(r)
	}
	reports := make([]component.Report, 3)
	if n := worker.(component.BatchHandler).HandleBatch(fake.Messages("a", "b", "c"), reports); n != 3 || reports[0] != (component.Report{}) {
		t.Error(n, reports)
	}
	if got := component.WorkerInterfaces(worker) | component.FactoryInterfaces(f); got != drop.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, drop.Declaration.Interfaces)
	}
}
