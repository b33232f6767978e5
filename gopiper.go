// Package gopiper describes and runs message-processing pipelines from Go.
//
// A pipeline is a chain of stages. The first originates messages, each next
// one handles every message that the one before it let through, the last
// delivers it. A stage is a built-in or a plugin by its reference ([Use]), a
// component of your own ([Own]), a plain function ([Function]), or a
// composition of others ([Branch], [Switch], [Merge]). [Feed] and [Results]
// are a source and a sink that connect a pipeline to the program around it.
//
//	err := gopiper.Run(ctx, gopiper.Pipeline{
//		Name: "errors",
//		Stages: gopiper.Stages(
//			gopiper.Use("stdin"),
//			gopiper.Use("filter", gopiper.Attributes{"contains": "ERROR"}),
//			gopiper.Use("stdout"),
//		),
//	})
//
// The package links no components: a program imports those that it uses, or
// all, for their side effect of registering themselves:
//
//	import _ "github.com/gopiper/gopiper/components/all"
//	import _ "github.com/gopiper/gopiper/loader/goplugin" // to load plugins
//
// A description becomes a plan ([Describe]), which is checked as a whole before
// anything is opened ([Prepare]) and then runs ([Program.Run]). [Run] does all
// three.
package gopiper

import "context"

// Run checks the pipelines, runs them, and returns when all have ended. It is
// short for [Describe], [Prepare] and [Program.Run]; see there for the errors.
func Run(ctx context.Context, pipelines ...Pipeline) error {
	program, err := Prepare(Describe(pipelines...), Options{})
	if err != nil {
		return err
	}
	return program.Run(ctx)
}
