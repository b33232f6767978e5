package stdin

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

const lines = 1000

func content() string {
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "line %d\n", i)
	}
	return b.String()
}

func TestConformance(t *testing.T) {
	suite := componenttest.Suite{Declaration: &Declaration, Features: componenttest.Features{Originates: lines}}
	t.Run("file", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "in")
		if err := os.WriteFile(name, []byte(content()), 0o600); err != nil {
			t.Fatal(err)
		}
		suite := suite
		suite.New = func(attributes map[string]any) (component.Factory, error) {
			file, err := os.Open(name)
			if err != nil {
				return nil, err
			}
			t.Cleanup(func() { file.Close() })
			return newFactory(attributes, file)
		}
		componenttest.Run(t, suite)
	})
	t.Run("pipe", func(t *testing.T) {
		suite := suite
		suite.New = func(attributes map[string]any) (component.Factory, error) {
			r, w := pipe(t)
			_, err := w.WriteString(content()) // a pipe holds as much
			w.Close()
			if err != nil {
				return nil, err
			}
			return newFactory(attributes, r)
		}
		componenttest.Run(t, suite)
	})
	t.Run("pipe that stays open", func(t *testing.T) {
		suite := suite
		suite.Features.Endless = true
		suite.New = func(attributes map[string]any) (component.Factory, error) {
			r, w := pipe(t)
			if _, err := w.WriteString(content()); err != nil {
				return nil, err
			}
			return newFactory(attributes, r)
		}
		componenttest.Run(t, suite)
	})
}
