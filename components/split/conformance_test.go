package split_test

import (
	"strings"
	"testing"

	"github.com/gopiper/gopiper/components/split"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, suite := range map[string]componenttest.Suite{
		"delimiter": {},
		"skip_empty": {
			Attributes: map[string]any{"delimiter": ",", "skip_empty": true},
			Messages:   [][]byte{[]byte("one,two,,three"), []byte(","), nil, []byte("one"), []byte(strings.Repeat("part,", 300))},
		},
		"json": {
			Attributes: map[string]any{"by": "json"},
			Messages:   [][]byte{[]byte(`[1,"two",{"three":[3]}]`), []byte(`[]`), []byte(`[ [] ]`), []byte(`{}`), []byte(`no JSON`), nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			suite.Declaration, suite.New = &split.Declaration, split.NewFactory
			componenttest.Run(t, suite)
		})
	}
}
