package main

import (
	"errors"
	"os"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is the command line.
type commands struct {
	Run        runCommand        `cmd:"" help:"Run pipelines."`
	Check      checkCommand      `cmd:"" help:"Check pipelines, and start nothing."`
	Plan       planCommand       `cmd:"" help:"Print what would run, as JSON."`
	Graph      graphCommand      `cmd:"" help:"Print what would run, as a graph."`
	Quarantine quarantineCommand `cmd:"" help:"Show, replay and remove messages that failed."`
	List       listCommand       `cmd:"" help:"List the built-in components."`
	Doc        docCommand        `cmd:"" help:"Show a component's documentation."`
	Version    versionCommand    `cmd:"" help:"Print the version."`
	Completion completionCommand `cmd:"" help:"Print a script that completes commands in a shell."`
}

const description = `Builds and runs message-processing pipelines that are described in Lua.

  gopiper run pipeline.lua
  gopiper run -e 'gopiper.createPipeline{ gopiper.stdin{}, gopiper.stdout{} }'

Exit codes: 0 finished, or drained after a signal; 1 failed while running; 2 the command line or a pipeline is not valid; 3 not drained in time; 4 finished, but messages failed that no failed branch took; 128+n ended by a second signal n.`

// execute runs a command line, without the program's name, and returns the exit
// code.
func execute(args []string) int {
	catchSignals()
	var c commands
	parser, err := kong.New(&c,
		kong.Name("gopiper"),
		kong.Description(description),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return report(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	context, err := parser.Parse(args)
	if err != nil {
		return report(badUsage(err))
	}
	return report(context.Run(parser))
}

// badUsage says which help would have helped.
func badUsage(err error) error {
	command := "gopiper"
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		if selected := parse.Context.Selected(); selected != nil {
			command = selected.FullPath()
		}
	}
	return invalidf("%w; see %s --help", err, command)
}

// show writes a command's result. A reader that has left has seen enough.
func show(text string) error {
	if _, err := os.Stdout.WriteString(text); err != nil && !errors.Is(err, syscall.EPIPE) {
		return err
	}
	return nil
}
