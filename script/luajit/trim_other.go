//go:build !linux

package luajit

// Trim does nothing here.
func (s *State) Trim() {}
