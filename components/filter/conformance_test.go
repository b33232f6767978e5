package filter_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/filter"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"text":      {"contains": "line"},
		"pattern":   {"matches": "^[a{]"},
		"field":     {"field": "id", "equals": 2.0},
		"attribute": {"attribute": "colour", "one_of": []any{"green", "blue"}},
	} {
		t.Run(name, func(t *testing.T) {
			componenttest.Run(t, componenttest.Suite{
				Declaration: &filter.Declaration, New: filter.NewFactory, Attributes: attributes,
			})
		})
	}
}
