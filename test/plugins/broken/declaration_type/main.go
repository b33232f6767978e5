// A plugin whose Declaration is a pointer.
package main

import "github.com/gopiper/gopiper/component"

// Declaration should not be a pointer.
var Declaration = &component.Declaration{Name: "part", Roles: component.Sink}

// NewFactory is as it should be.
func NewFactory(map[string]any) (component.Factory, error) { return nil, nil }

func main() {}
