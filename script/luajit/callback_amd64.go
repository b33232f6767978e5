//go:build linux || darwin

package luajit

// crossing is what callback_amd64.s has put on C's stack.
type crossing struct{ handle, answer uintptr }

// callback is the address of a C function that calls entry. A callback that purego
// makes does so through reflection, at the price of three allocations.
var callback uintptr

//lint:ignore U1000 callback_amd64.s reads it
var entry func(*crossing)

// newCallback returns a C function that calls dispatch. It is called once.
func newCallback() uintptr {
	entry = func(c *crossing) { c.answer = dispatch(c.handle) }
	return callback
}
