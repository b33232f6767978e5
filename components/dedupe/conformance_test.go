package dedupe_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/dedupe"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"data":      {},
		"key":       {"by_key": true, "max_keys": 3},
		"attribute": {"attribute": "number", "missing": "drop"},
		"field":     {"field": []any{"id", "name"}, "window": "1m"},
	} {
		t.Run(name, func(t *testing.T) {
			componenttest.Run(t, componenttest.Suite{
				Declaration: &dedupe.Declaration, New: dedupe.NewFactory, Attributes: attributes,
			})
		})
	}
}
