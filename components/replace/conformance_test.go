package replace_test

import (
	"testing"

	"github.com/gopiper/gopiper/components/replace"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, attributes := range map[string]map[string]any{
		"shorter": {"old": "message", "new": "m"},
		"longer":  {"pattern": `(\w+)"`, "with": "${1}${1}$1\"", "count": 2},
		"nothing": {"pattern": `.`},
	} {
		t.Run(name, func(t *testing.T) {
			componenttest.Run(t, componenttest.Suite{
				Declaration: &replace.Declaration, New: replace.NewFactory, Attributes: attributes,
			})
		})
	}
}
