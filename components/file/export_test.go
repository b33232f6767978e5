package file

import "os"

// Remembers tells whether the positions are enough to find a file again when it
// is renamed.
func Remembers(positions map[string][]byte, path string) bool {
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return false
	}
	p, err := decodePosition(positions[identify(info).partition()])
	return err == nil && p.birth == born(file)
}
