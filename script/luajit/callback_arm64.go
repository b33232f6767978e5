//go:build linux || darwin

package luajit

import "github.com/ebitengine/purego"

// newCallback returns a C function that calls dispatch.
func newCallback() uintptr { return purego.NewCallback(dispatch) }
