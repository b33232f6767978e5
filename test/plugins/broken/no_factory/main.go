// A plugin that exports nothing that gopiper looks for.
package main

// NewComponent has the wrong name.
func NewComponent() {}

func main() {}
