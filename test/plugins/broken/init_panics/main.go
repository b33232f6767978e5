// A plugin whose initialisation panics.
package main

import "github.com/gopiper/gopiper/component"

var table map[string]int

func init() { table["x"] = 1 }

// NewFactory is never reached.
func NewFactory(map[string]any) (component.Factory, error) { return nil, nil }

func main() {}
