package file_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/file"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformanceOfSource(t *testing.T) {
	directory := t.TempDir()
	for i := range 3 {
		var lines strings.Builder
		for j := range 700 {
			fmt.Fprintf(&lines, "line %d of file %d\n", j, i)
		}
		if err := os.WriteFile(filepath.Join(directory, fmt.Sprint(i, ".log")), []byte(lines.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	componenttest.Run(t, componenttest.Suite{
		Declaration: &file.Declaration, New: file.NewFactory, Role: component.Source,
		Attributes: map[string]any{"paths": []any{directory + "/*.log"}, "add_path": true, "max_message": 17},
		Features:   componenttest.Features{Originates: 2100, Workers: 3},
		Unopenable: with(map[string]any{"paths": []string{directory + "/missing"}}),
	})
}

func TestConformanceOfFollowing(t *testing.T) {
	d := tree(t, map[string]string{"a.log": strings.Repeat("a line of a\n", 1000), "b.log": strings.Repeat("of b\n of b\n", 1000), "c.txt": ""})
	for name, attributes := range map[string]map[string]any{
		"lines":    {"add_path": true},
		"messages": {"multiline_continue": "^ ", "multiline_timeout": "10ms"},
	} {
		t.Run(name, func(t *testing.T) {
			attributes["paths"], attributes["follow"], attributes["refresh"] = []any{d + "*.log", d + "c.txt", d + "none"}, true, "5ms"
			originates := 3000
			if name == "messages" {
				originates = 2000
			}
			componenttest.Run(t, componenttest.Suite{
				Declaration: &file.Declaration, New: file.NewFactory, Role: component.Source,
				Attributes: attributes,
				Features:   componenttest.Features{Endless: true, Originates: originates},
				Unopenable: with(map[string]any{"paths": []string{d}}),
			})
		})
	}
}

func TestConformanceOfSink(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"lines":   {},
		"lengths": {"framing": "length"},
		"quickly": {"sync": false},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			attributes["path"] = path
			componenttest.Run(t, componenttest.Suite{
				Declaration: &file.Declaration, New: file.NewFactory, Role: component.Sink,
				Attributes: attributes,
				Delivered: func() []byte {
					content, _ := os.ReadFile(path)
					return content
				},
				Failing:    with(map[string]any{"path": "/dev/full"}),
				Unopenable: with(map[string]any{"path": filepath.Dir(path)}),
			})
		})
	}
}

// with makes factories with other attributes.
func with(others map[string]any) func(map[string]any) (component.Factory, error) {
	return func(attributes map[string]any) (component.Factory, error) {
		for name, value := range others {
			attributes[name] = value
		}
		return file.NewFactory(attributes)
	}
}
