package main

import "github.com/gopiper/gopiper"

type planCommand struct {
	scriptArguments
	JSON bool `name:"json" help:"Print JSON, which it does anyway."`
}

// Run prints the plan.
func (c *planCommand) Run() error {
	program, _, err := c.prepare(gopiper.Options{Durable: true})
	if err != nil {
		return err
	}
	text, err := program.Plan().JSON(gopiper.Secret)
	if err != nil {
		return err
	}
	return show(string(text))
}
