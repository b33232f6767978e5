package script

import "slices"

// Files returns the paths of the files that the script was made of, sorted: its
// own name, and those of the local modules that it requires. It may be called
// from any goroutine.
func (s *Script) Files() []string {
	files := s.world.files()
	slices.Sort(files)
	return files
}
