package reject_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/reject"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	componenttest.Run(t, componenttest.Suite{
		Declaration: &reject.Declaration, New: reject.NewFactory,
		Attributes: map[string]any{"matches": "^a"},
	})
}
