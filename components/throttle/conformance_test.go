package throttle_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/throttle"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, suite := range map[string]componenttest.Suite{
		"wait": {Attributes: map[string]any{"rate": 50_000, "burst": 10}},
		"drop": {
			Attributes: map[string]any{"rate": 1, "burst": 10, "excess": "drop"},
			Features:   componenttest.Features{Random: true, Workers: 3},
		},
	} {
		t.Run(name, func(t *testing.T) {
			suite.Declaration, suite.New = &throttle.Declaration, throttle.NewFactory
			componenttest.Run(t, suite)
		})
	}
}
