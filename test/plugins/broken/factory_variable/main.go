// A plugin whose NewFactory is a variable.
package main

import "github.com/gopiper/gopiper/component"

// NewFactory should be a function.
var NewFactory = func(map[string]any) (component.Factory, error) { return nil, nil }

func main() {}
