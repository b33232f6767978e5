package stdout

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	for name, attributes := range map[string]map[string]any{"lines": {}, "nul": {"framing": "nul"}} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "out")
			to := func(path string) func(map[string]any) (component.Factory, error) {
				fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC, 0o600)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { unix.Close(fd) })
				return func(attributes map[string]any) (component.Factory, error) { return newFactory(attributes, fd) }
			}
			componenttest.Run(t, componenttest.Suite{
				Declaration: &Declaration, New: to(path), Attributes: attributes,
				Delivered: func() []byte {
					content, err := os.ReadFile(path)
					if err != nil {
						t.Fatal(err)
					}
					return content
				},
				Failing: to("/dev/full"),
			})
		})
	}
}
