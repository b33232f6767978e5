package buffer_test

import (
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/buffer"
	"github.com/gopiper/gopiper/components/internal/fake"
)

func factory(t *testing.T, attributes map[string]any) component.Factory {
	t.Helper()
	attributes, err := buffer.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := buffer.NewFactory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestSettings(t *testing.T) {
	type settings struct {
		maxBytes           int64
		dropNewest, noSync bool
	}
	for _, c := range []struct {
		attributes map[string]any
		want       settings
	}{
		{nil, settings{1 << 30, false, false}},
		{map[string]any{"max_size": "4GiB", "when_full": "drop_newest"}, settings{4 << 30, true, false}},
		{map[string]any{"when_full": "block", "sync": false}, settings{1 << 30, false, true}},
	} {
		f, ok := factory(t, c.attributes).(interface {
			Buffering() (maxBytes int64, dropNewest, noSync bool)
		})
		if !ok {
			t.Fatal("there is no method Buffering")
		}
		var got settings
		if got.maxBytes, got.dropNewest, got.noSync = f.Buffering(); got != c.want {
			t.Errorf("%v: %v, want %v", c.attributes, got, c.want)
		}
	}
}

func TestWrong(t *testing.T) {
	for _, c := range []struct {
		attributes map[string]any
		want       string
	}{
		{map[string]any{"max_size": 0}, `attribute "max_size": 0 is too small; the least is 1`},
		{map[string]any{"when_full": "drop_oldest"}, `attribute "when_full": "drop_oldest" is none of block, drop_newest`},
		{map[string]any{"max_bytes": 1}, `unknown attribute "max_bytes"`},
	} {
		if _, err := buffer.Declaration.Validate(c.attributes); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.attributes, err, c.want)
		}
	}
}

// Where nobody makes a buffer of it, nothing passes as if it were kept.
func TestAlone(t *testing.T) {
	f := factory(t, nil)
	if f.Amount() != 1 {
		t.Errorf("%d workers", f.Amount())
	}
	want := component.Report{Status: component.Fail, Description: "a buffer is run by the engine"}
	if got := fake.Handle(t, f.Create(nil), fake.NewMessage("a")); got != want {
		t.Errorf("%v, want %v", got, want)
	}
}
