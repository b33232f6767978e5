package json_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/json"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"nothing to edit": {},
		"edits": {
			"set":    map[string]any{"env": "prod", "user.name": "somebody", "tags[0]": 1.0},
			"delete": []any{"id"},
			"rename": map[string]any{"name": "title"},
		},
		"keep": {"keep": []any{"id", "user.id"}},
	} {
		t.Run(name, func(t *testing.T) {
			componenttest.Run(t, componenttest.Suite{
				Declaration: &json.Declaration, New: json.NewFactory, Attributes: attributes,
			})
		})
	}
}
