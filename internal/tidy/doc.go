// Package tidy has no code, only tests: they hold the repository to its rules,
// which CONTRIBUTING.md explains. imports_test.go knows which package may import
// which, style_test.go how files are written.
package tidy
