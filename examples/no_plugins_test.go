//go:build !cgo || !(linux || freebsd || darwin)

package examples

var withPlugins, plugins []string
