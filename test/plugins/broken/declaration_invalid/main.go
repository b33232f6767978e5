// A plugin that declares an attribute that belongs to every stage.
package main

import "github.com/gopiper/gopiper/component"

// Declaration says too much.
var Declaration = component.Declaration{
	Name: "part", Roles: component.Sink,
	Attributes: []component.Attribute{{Name: "workers", Type: component.Int}},
}

// NewFactory is as it should be.
func NewFactory(map[string]any) (component.Factory, error) { return nil, nil }

func main() {}
