//go:build !linux && !darwin

package file

import "os"

// born is when the file was created; here nobody asks.
func born(*os.File) int64 { return 0 }
