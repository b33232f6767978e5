// Plugin stdout_component is the built-in component stdout as a Go plugin.
package main

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stdout"
)

// Declaration describes the component.
var Declaration = stdout.Declaration

// NewFactory makes the factory of one stage.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return stdout.NewFactory(attributes)
}

func main() {}
