// Package goplugin loads components from Go plugins. It is imported for its
// effect: it registers itself with the loader for files that end in .so.
//
//	import _ "github.com/gopiper/gopiper/loader/goplugin"
//
// A Go plugin shares every package that it has in common with the program, so
// both must have been built from the same source, with the same Go version and
// in the same way. The Go runtime finds out late, names one package, and does
// not notice everything. This package therefore reads how the file was built
// before it opens it, and says all that differs and how to build it again.
//
// A plugin is opened once in the life of a process and stays: it can be neither
// unloaded nor replaced.
package goplugin

import "github.com/gopiper/gopiper/loader"

func init() { loader.RegisterTransport(".so", open) }
