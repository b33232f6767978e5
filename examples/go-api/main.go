// Command go-api runs a pipeline inside of a Go program: it feeds it, waits
// until everything is settled, and takes the results.
//
//	$ go run ./examples/go-api | sort
package main

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	_ "github.com/gopiper/gopiper/components/all"
)

func main() {
	feed, results := gopiper.NewFeed(), gopiper.NewResults()
	plan := gopiper.Describe(gopiper.Pipeline{
		Name: "orders",
		Stages: gopiper.Stages(
			feed.Stage(),
			gopiper.Use("json", gopiper.Attributes{"rename": map[string]any{"qty": "quantity"}}),
			gopiper.Function(shout).Workers(2),
			results.Stage(),
		),
		Failed: gopiper.Stages(gopiper.Function(failed)),
	})

	// Everything that is wrong with the plan is told here, before anything runs.
	program, err := gopiper.Prepare(plan, gopiper.Options{})
	if err != nil {
		log.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- program.Run(context.Background()) }()
	go send(feed)
	for m := range results.All() {
		fmt.Printf("result: %s\n", m.GetData())
	}
	if err := <-ended; err != nil {
		log.Fatal(err)
	}
}

// send feeds the pipeline, and waits until what it sent is delivered, dropped
// or kept as failed.
func send(feed *gopiper.Feed) {
	defer feed.Close()
	ctx := context.Background()
	delivery, err := feed.Send(ctx, []byte(`{"order":1,"qty":2}`), []byte(`{"order":2`), []byte(`{"order":3,"qty":1}`))
	if err != nil {
		log.Fatal(err)
	}
	reports, err := delivery.Wait(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for i, r := range reports {
		fmt.Printf("message %d: %s\n", i+1, r.Class())
	}
}

// shout is a stage. It gives the message new data, for the old is memory to
// read.
func shout(m component.StandardMessage) component.Report {
	m.SetData(bytes.ToUpper(m.GetData()))
	return component.Report{}
}

// failed gets what failed in any stage.
func failed(m component.StandardMessage) component.Report {
	stage, _ := m.Attribute("failed_stage")
	fmt.Printf("failed in %s: %s\n", stage, m.GetData())
	return component.Report{}
}
