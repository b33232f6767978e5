package log_test

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/internal/fake"
	"github.com/gopiper/gopiper/components/log"
)

// capture makes the default logger write to what it returns.
func capture(t *testing.T, level slog.Level) *bytes.Buffer {
	t.Helper()
	var lines bytes.Buffer
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.NewTextHandler(&lines, &slog.HandlerOptions{
		Level: level,
		ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		},
	})))
	return &lines
}

func create(t *testing.T, attributes map[string]any) component.Component {
	t.Helper()
	attributes, err := log.Declaration.Validate(attributes)
	if err != nil {
		t.Fatal(err)
	}
	f, err := log.NewFactory(attributes)
	if err != nil {
		t.Fatal(err)
	}
	worker := f.Create(nil)
	if got := component.WorkerInterfaces(worker); got != log.Declaration.Interfaces {
		t.Errorf("has %v, the declaration names %v", got, log.Declaration.Interfaces)
	}
	return worker
}

func TestLog(t *testing.T) {
	rich := fake.NewMessage("some text")
	rich.SetKey("k")
	rich.SetAttribute("path", "/a b")
	rich.SetAttribute("host", "h")
	tests := []struct {
		name       string
		attributes map[string]any
		messages   []component.Message
		want       string
	}{
		{"by default", nil, fake.Messages("a"), "level=INFO msg=message data=a\n"},
		{"with all there is", map[string]any{"text": "seen", "level": "warn"}, []component.Message{rich},
			"level=WARN msg=seen data=\"some text\" key=k attributes.host=h attributes.path=\"/a b\"\n"},
		{"every third", map[string]any{"every": 3}, fake.Messages("a", "b", "c", "d", "e"),
			"level=INFO msg=message data=a\nlevel=INFO msg=message data=d\n"},
		{"long data", map[string]any{"max_data": 4}, fake.Messages("1234", "12345"),
			"level=INFO msg=message data=1234\nlevel=INFO msg=message data=1234… bytes=5\n"},
		{"no text", nil, fake.Messages("\xff\x00\n"), "level=INFO msg=message data=\"\\xff\\x00\\n\"\n"},
		{"below the level", map[string]any{"level": "debug"}, fake.Messages("a"), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			lines := capture(t, slog.LevelInfo)
			worker := create(t, test.attributes)
			reports := make([]component.Report, len(test.messages))
			if n := worker.(component.BatchHandler).HandleBatch(test.messages, reports); n != len(test.messages) || reports[0] != (component.Report{}) {
				t.Error(n, reports)
			}
			if lines.String() != test.want {
				t.Errorf("as a batch: got %s, want %s", lines, test.want)
			}
			lines.Reset()
			worker = create(t, test.attributes)
			for _, m := range test.messages {
				if r := fake.Handle(t, worker, m); r.Class() != component.ClassDone {
					t.Error(r)
				}
			}
			if lines.String() != test.want {
				t.Errorf("one by one: got %s, want %s", lines, test.want)
			}
		})
	}
}

// What is not logged costs nothing.
func TestAllocations(t *testing.T) {
	capture(t, slog.LevelInfo)
	worker := create(t, map[string]any{"level": "debug"}).(component.BatchHandler)
	messages := fake.Messages("a", "b", "c")
	if n := testing.AllocsPerRun(100, func() { worker.HandleBatch(messages, nil) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
