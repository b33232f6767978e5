//go:build !linux

package main

import "os"

// datasync has the disk keep what the file holds.
func datasync(file *os.File) error { return file.Sync() }
