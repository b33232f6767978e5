package sample_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/sample"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, suite := range map[string]componenttest.Suite{
		"every":        {Attributes: map[string]any{"every": 2}, Features: componenttest.Features{Random: true}},
		"every, alone": {Attributes: map[string]any{"every": 2}, Features: componenttest.Features{Stateful: true}},
		"ratio":        {Attributes: map[string]any{"ratio": 0.5}, Features: componenttest.Features{Random: true}},
		"by_key":       {Attributes: map[string]any{"ratio": 0.5, "by_key": true, "seed": 2}},
	} {
		t.Run(name, func(t *testing.T) {
			suite.Declaration, suite.New = &sample.Declaration, sample.NewFactory
			componenttest.Run(t, suite)
		})
	}
}
