package concat_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/concat"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"count": {"count": 3},
		"bytes": {"bytes": 1000, "delimiter": ""},
	} {
		t.Run(name, func(t *testing.T) {
			componenttest.Run(t, componenttest.Suite{
				Declaration: &concat.Declaration, New: concat.NewFactory, Attributes: attributes,
			})
		})
	}
	// How many messages come in a period is up to chance.
	t.Run("period", func(t *testing.T) {
		componenttest.Run(t, componenttest.Suite{
			Declaration: &concat.Declaration, New: concat.NewFactory,
			Attributes: map[string]any{"period": "1ms"},
			Features:   componenttest.Features{Random: true},
		})
	})
}
