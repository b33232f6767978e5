// A plugin whose NewFactory takes strings and returns no error.
package main

import "github.com/gopiper/gopiper/component"

// NewFactory has the wrong type.
func NewFactory(map[string]string) component.Factory { return nil }

func main() {}
