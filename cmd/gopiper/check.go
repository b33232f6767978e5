package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

type checkCommand struct {
	scriptArguments
	JSON bool `name:"json" help:"Print JSON."`
}

// checked is the result of a check.
type checked struct {
	OK        bool             `json:"ok"`
	Pipelines []string         `json:"pipelines"` // their names
	Problems  plan.Problems    `json:"problems"`
	Warnings  []script.Warning `json:"warnings"`
}

// Run checks pipelines as run does before it starts them: plugins are loaded,
// but no source or sink is opened.
func (c *checkCommand) Run() error {
	result := checked{Pipelines: []string{}, Problems: plan.Problems{}, Warnings: []script.Warning{}}
	program, warnings, err := c.prepare(gopiper.Options{})
	result.Warnings = append(result.Warnings, warnings...)
	if err != nil && !errors.As(err, &result.Problems) {
		return err
	}
	stages := 0
	if err == nil {
		result.OK = true
		for _, p := range program.Plan().Pipelines {
			result.Pipelines = append(result.Pipelines, p.Name)
			stages += len(p.Stages)
		}
	}
	if c.JSON {
		if err := showJSON(result); err != nil {
			return err
		}
		return quiet(err)
	}
	for _, w := range result.Warnings {
		fmt.Fprintln(os.Stderr, w.Position.String()+": warning: "+w.Message)
	}
	if err != nil {
		return err
	}
	return show(fmt.Sprintf("ok: %s, %s\n", count(len(result.Pipelines), "pipeline"), count(stages, "stage")))
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
