package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/observe"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

type checkCommand struct {
	scriptArguments
	State string `placeholder:"DIR" help:"Check for a run with this state directory, which need not be there."`
	JSON  bool   `name:"json" help:"Print JSON."`
}

// checked is the result of a check.
type checked struct {
	OK         bool                `json:"ok"`
	Pipelines  []string            `json:"pipelines"` // their names
	Guarantees []gopiper.Guarantee `json:"guarantees"`
	Problems   plan.Problems       `json:"problems"`
	Warnings   []script.Warning    `json:"warnings"`
}

// Run checks pipelines as run does before it starts them: plugins are loaded,
// but no source or sink is opened, nor the state directory.
func (c *checkCommand) Run() error {
	result := checked{Pipelines: []string{}, Guarantees: []gopiper.Guarantee{}, Problems: plan.Problems{}, Warnings: []script.Warning{}}
	program, warnings, err := c.prepare(gopiper.Options{Durable: c.State != ""})
	result.Warnings = append(result.Warnings, warnings...)
	if err != nil && !errors.As(err, &result.Problems) {
		return err
	}
	stages := 0
	if err == nil {
		result.OK, result.Guarantees = true, program.Guarantees()
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
	page := fmt.Sprintf("ok: %s, %s\n", count(len(result.Pipelines), "pipeline"), count(stages, "stage"))
	for _, g := range result.Guarantees {
		page += promised(g)
	}
	return show(page)
}

// promised says what a pipeline promises, and in a line each what keeps it from
// promising more.
func promised(g gopiper.Guarantee) string {
	parts := []string{g.Pipeline + ": " + string(g.Level)}
	say := func(text string, n gopiper.Bound) { parts = append(parts, fmt.Sprintf(text, observe.Count(uint64(n)))) }
	switch {
	case g.Lost == gopiper.Unbounded:
		parts = append(parts, "how many messages a crash loses nobody can tell")
	case g.Lost > 0 && len(g.Sections) > 1:
		say("a crash loses at most the %s messages that no buffer has yet", g.Lost)
	case g.Lost > 0:
		say("a crash loses at most the %s messages in flight", g.Lost)
	}
	switch {
	case g.Duplicates == gopiper.Unbounded:
		parts = append(parts, "how many messages are delivered twice after it nobody can tell")
	case g.Duplicates > 0:
		say("after a crash at most %s messages are delivered twice", g.Duplicates)
	case g.Level == gopiper.EffectivelyOnce:
		parts = append(parts, "what is delivered twice after a crash has the effect of once")
	}
	text := strings.Join(parts, "; ") + "\n"
	for _, l := range g.Limits {
		text += "  " + l.Stage
		if at := l.Position.String(); at != "" {
			text += " (" + at + ")"
		}
		text += " is " + l.Promise + ": " + l.Why
		if l.Advice != "" {
			text += "; " + l.Advice
		}
		text += "\n"
	}
	if g.Failed == gopiper.FailedToLog && (g.Level == gopiper.AtLeastOnce || g.Level == gopiper.EffectivelyOnce) {
		text += "  what fails is logged and gone: keep it in a failed branch, or with --state DIR in quarantine\n"
	}
	return text
}

func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
