package generate_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/generate"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, suite := range map[string]componenttest.Suite{
		"some": {
			Attributes: map[string]any{"count": 1500, "template": "{{seq}}"},
			Features:   componenttest.Features{Originates: 1500, Workers: 3},
		},
		"endless": {Features: componenttest.Features{Endless: true, Originates: 5000}},
		"slow": {
			Attributes: map[string]any{"rate": 0.001, "template": "{{seq}} {{uuid}} {{pick a|b}}"},
			Features:   componenttest.Features{Endless: true, Originates: 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			suite.Declaration, suite.New = &generate.Declaration, generate.NewFactory
			componenttest.Run(t, suite)
		})
	}
}
