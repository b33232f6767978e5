package file_test

import (
	"context"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/file"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// stage is a factory and a worker of it, opened.
type stage struct {
	component.Factory
	component.Component
}

func create(t *testing.T, attributes map[string]any) (stage, error) {
	t.Helper()
	return createIn(t.Context(), t, attributes)
}

// createIn is create with a context that may have a state and positions.
func createIn(ctx context.Context, t testing.TB, attributes map[string]any) (stage, error) {
	t.Helper()
	attributes, err := file.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := file.NewFactory(attributes)
	if err != nil {
		return stage{}, err
	}
	if err := f.(component.Opener).Open(ctx); err != nil {
		return stage{}, err
	}
	worker := f.Create(nil)
	if err := worker.(component.Opener).Open(ctx); err != nil {
		return stage{}, err
	}
	t.Cleanup(func() { f.(component.Closer).Close() })
	return stage{f, worker}, nil
}

func mustCreate(t *testing.T, attributes map[string]any) stage {
	t.Helper()
	s, err := create(t, attributes)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestInterfaces(t *testing.T) {
	s := mustCreate(t, map[string]any{"path": t.TempDir() + "/out"})
	if got := component.WorkerInterfaces(s.Component) | component.FactoryInterfaces(s.Factory); got != file.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, file.Declaration.Interfaces)
	}
}

func TestAttributes(t *testing.T) {
	tests := []struct {
		attributes map[string]any
		want       string
	}{
		{nil, `"paths" and "path" are missing`},
		{map[string]any{"paths": "a", "path": "b"}, "give paths to read from files, or path to write to one"},
		{map[string]any{"paths": "a["}, `"a[" is no pattern`},
		{map[string]any{"path": "b", "add_path": true}, `"add_path" is for reading`},
		{map[string]any{"path": "b", "allow_missing": true}, `"allow_missing" is for reading`},
		{map[string]any{"path": "b", "mode": "0888"}, `"0888" are no permissions`},
		{map[string]any{"path": "b", "mode": "07777"}, `"07777" are no permissions`},
		{map[string]any{"path": "b", "follow": true}, `"follow" is for reading`},
		{map[string]any{"path": "b", "resume": true}, `"resume" is for reading`},
		{map[string]any{"paths": "b", "max_message": "2GiB"}, `"max_message"`},
		{map[string]any{"paths": "b", "follow": true, "resume": true}, "reading goes on where it ended anyway"},
		{map[string]any{"paths": "b", "follow": true, "framing": "none"}, "give another framing"},
		{map[string]any{"paths": "b", "start_at": "end"}, "set follow = true"},
		{map[string]any{"paths": "b", "multiline_start": "a", "multiline_continue": "b"}, "give one of them"},
		{map[string]any{"paths": "b", "multiline_start": "a", "framing": "length"}, "give line or nul"},
		{map[string]any{"paths": "b", "multiline_continue": "("}, `attribute "multiline_continue": error parsing regexp`},
		{map[string]any{"paths": t.TempDir(), "follow": true}, "is a directory"},
	}
	for _, test := range tests {
		if _, err := create(t, test.attributes); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%v: %v, want %s", test.attributes, err, test.want)
		}
	}
}

// A file in the wrong place of a pipeline says what it lacks.
func TestWrongPlace(t *testing.T) {
	sink := mustCreate(t, map[string]any{"path": t.TempDir() + "/out"})
	if err := sink.Component.(component.Runner).Run(t.Context(), &fake.Output{}); err == nil || !strings.Contains(err.Error(), `needs the attribute "paths"`) {
		t.Error(err)
	}
	source := mustCreate(t, map[string]any{"paths": t.TempDir() + "/*", "allow_missing": true})
	if r := fake.Handle(t, source.Component, fake.NewMessage("a")); r.Class() != component.ClassFail {
		t.Error(r)
	}
	reports := make([]component.Report, 2)
	n := source.Component.(component.BatchHandler).HandleBatch(fake.Messages("a", "b"), reports)
	if n != 2 || reports[0].Class() != component.ClassFail || reports[1].Class() != component.ClassFail {
		t.Error(n, reports)
	}
	if err := source.Component.(component.Flusher).Flush(t.Context()); err != nil {
		t.Error(err)
	}
}
