package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/gopiper/gopiper/loader"
)

type listCommand struct {
	JSON bool `name:"json" help:"Print JSON."`
}

// Run lists the built-ins.
func (c *listCommand) Run() error {
	declarations := loader.Declarations()
	if c.JSON {
		list := make([]declared, 0, len(declarations))
		for _, d := range declarations {
			list = append(list, declare(d))
		}
		return showJSON(list)
	}
	var text strings.Builder
	names, roles := 0, 0
	for _, d := range declarations {
		names, roles = max(names, len(d.Name)), max(roles, len(d.Roles.String()))
	}
	for _, d := range declarations {
		fmt.Fprintf(&text, "%s%s  %-*s  %s\n",
			bold(d.Name), strings.Repeat(" ", names-len(d.Name)), roles, d.Roles, d.Summary)
	}
	return show(text.String())
}

// showJSON writes a command's result as JSON.
func showJSON(value any) error {
	var text strings.Builder
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return err
	}
	return show(text.String())
}
