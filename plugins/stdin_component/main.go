// Plugin stdin_component is the built-in component stdin as a Go plugin.
package main

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stdin"
)

// Declaration describes the component.
var Declaration = stdin.Declaration

// NewFactory makes the factory of one stage.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return stdin.NewFactory(attributes)
}

func main() {}
