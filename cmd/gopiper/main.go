// Command gopiper builds and runs message-processing pipelines that are
// described in Lua. `gopiper --help` tells more.
package main

import (
	"os"

	_ "github.com/gopiper/gopiper/components/all"
	_ "github.com/gopiper/gopiper/loader/goplugin"
)

func main() {
	if err := joinSupervisor(); err != nil {
		os.Exit(report(err))
	}
	exit(execute(os.Args[1:]))
}
