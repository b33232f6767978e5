package batch_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/batch"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"count":  {"count": 4},
		"bytes":  {"bytes": 200},
		"period": {"period": "1ms", "count": 100},
	} {
		t.Run(name, func(t *testing.T) {
			componenttest.Run(t, componenttest.Suite{
				Declaration: &batch.Declaration, New: batch.NewFactory, Attributes: attributes,
			})
		})
	}
}
