//go:build cgo && (linux || freebsd || darwin)

package examples

var (
	withPlugins = []string{"demo", "hello", "plugin"}
	plugins     = []string{"stdin_component", "stdout_component"}
)
