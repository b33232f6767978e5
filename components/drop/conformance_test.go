package drop_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/drop"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	componenttest.Run(t, componenttest.Suite{Declaration: &drop.Declaration, New: drop.NewFactory})
}
