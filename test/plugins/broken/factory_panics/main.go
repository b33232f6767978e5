// A plugin whose NewFactory trusts an attribute to be there.
package main

import "github.com/gopiper/gopiper/component"

// NewFactory panics without the attribute "path".
func NewFactory(attributes map[string]any) (component.Factory, error) {
	return open(attributes["path"].(string))
}

func open(string) (component.Factory, error) { return nil, nil }

func main() {}
