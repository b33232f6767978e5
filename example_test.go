package gopiper_test

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	_ "github.com/gopiper/gopiper/components/all"
)

// upper is a function that changes messages. It gives the message new data, for
// the old is memory to read.
func upper(m component.StandardMessage) component.Report {
	m.SetData(bytes.ToUpper(m.GetData()))
	return component.Report{}
}

// print is a function at the end of a pipeline: messages that it lets through
// are delivered.
func print(m component.StandardMessage) component.Report {
	fmt.Printf("%s\n", m.GetData())
	return component.Report{}
}

// A pipeline from the program through functions.
func Example() {
	ctx := context.Background()
	feed := gopiper.NewFeed()
	go func() {
		defer feed.Close()
		feed.Send(ctx, []byte("one"), []byte("two"))
	}()
	err := gopiper.Run(ctx, gopiper.Pipeline{
		Name:   "shout",
		Stages: gopiper.Stages(feed.Stage(), gopiper.Function(upper), gopiper.Function(print)),
	})
	fmt.Println("ended:", err)
	// Output:
	// ONE
	// TWO
	// ended: <nil>
}

// A program that feeds a pipeline and takes its results.
func ExampleResults() {
	ctx := context.Background()
	feed, results := gopiper.NewFeed(), gopiper.NewResults()
	program, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{
		Stages: gopiper.Stages(feed.Stage(), gopiper.Function(upper), results.Stage()),
	}), gopiper.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	ended := make(chan error)
	go func() { ended <- program.Run(ctx) }()
	go func() {
		defer feed.Close()
		feed.Send(ctx, []byte("one"), []byte("two"))
	}()
	for m := range results.All() {
		fmt.Printf("%s\n", m.GetData())
	}
	fmt.Println("ended:", <-ended)
	// Output:
	// ONE
	// TWO
	// ended: <nil>
}

// Waiting for the outcome of what was sent: it is settled when everything made
// from it is delivered, dropped, or kept as failed.
func ExampleFeed_Send() {
	ctx := context.Background()
	feed := gopiper.NewFeed()
	go func() {
		defer feed.Close()
		delivery, err := feed.Send(ctx, []byte("12"), []byte("twelve"), []byte(""))
		if err != nil {
			fmt.Println(err)
			return
		}
		reports, err := delivery.Wait(ctx)
		fmt.Println(reports, err)
	}()
	number := func(m component.StandardMessage) component.Report {
		if len(m.GetData()) == 0 {
			return component.Report{Status: component.Drop}
		}
		if _, err := strconv.Atoi(string(m.GetData())); err != nil {
			return component.Report{Status: component.Fail, Description: "no number"}
		}
		return component.Report{}
	}
	failed := func(m component.StandardMessage) component.Report {
		why, _ := m.Attribute("failed_description")
		fmt.Printf("failed: %s: %s\n", m.GetData(), why)
		return component.Report{}
	}
	err := gopiper.Run(ctx, gopiper.Pipeline{
		Stages: gopiper.Stages(feed.Stage(), gopiper.Function(number)),
		Failed: gopiper.Stages(gopiper.Function(failed)),
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// failed: twelve: no number
	// [0 200 no number 300] <nil>
}

// counter is a component with a state: it is a factory and its only worker.
type counter struct{ n int }

func (c *counter) Amount() int                                       { return 1 }
func (c *counter) Create(chan component.Message) component.Component { return c }

func (c *counter) Handle(m component.Message, handled component.HandledCallback) {
	c.n++
	m.SetData(fmt.Appendf(nil, "%d %s", c.n, m.GetData()))
	handled(component.Report{})
}

// A component of the program's own. What it declares makes it faster, and lets
// gopiper check its place in the pipeline.
func ExampleOwn() {
	ctx := context.Background()
	feed := gopiper.NewFeed()
	go func() {
		defer feed.Close()
		feed.Send(ctx, []byte("a"), []byte("b"))
	}()
	declaration := &component.Declaration{Name: "counter", Roles: component.Processor, Sync: true, Stateful: true}
	err := gopiper.Run(ctx, gopiper.Pipeline{
		Stages: gopiper.Stages(feed.Stage(), gopiper.Own("counter", &counter{}, declaration), gopiper.Function(print)),
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// 1 a
	// 2 b
}

// Messages go different ways by what they are. What a branch without a sink
// lets through goes on to the next stage.
func ExampleSwitch() {
	ctx := context.Background()
	feed := gopiper.NewFeed()
	go func() {
		defer feed.Close()
		feed.Send(ctx, []byte("debug: x"), []byte("error: y"), []byte("info: z"))
	}()
	begins := func(prefix string) func(component.StandardMessage) bool {
		return func(m component.StandardMessage) bool { return bytes.HasPrefix(m.GetData(), []byte(prefix)) }
	}
	drop := func(component.StandardMessage) component.Report { return component.Report{Status: component.Drop} }
	err := gopiper.Run(ctx, gopiper.Pipeline{
		Stages: gopiper.Stages(
			feed.Stage(),
			gopiper.Switch(
				gopiper.When(begins("error"), gopiper.Function(upper)),
				gopiper.When(begins("debug"), gopiper.Function(drop)),
			),
			gopiper.Function(print),
		),
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// ERROR: Y
	// info: z
}

// Several workers handle messages at a time. The order is kept for each key.
func ExampleStage_OrderBy() {
	ctx := context.Background()
	feed := gopiper.NewFeed()
	go func() {
		defer feed.Close()
		feed.Send(ctx, []byte("a1"), []byte("b1"), []byte("a2"), []byte("b2"), []byte("a3"))
	}()
	var mu sync.Mutex
	seen := make(map[string][]string)
	collect := func(m component.StandardMessage) component.Report {
		text := string(m.GetData())
		mu.Lock()
		defer mu.Unlock()
		seen[text[:1]] = append(seen[text[:1]], text)
		return component.Report{}
	}
	err := gopiper.Run(ctx, gopiper.Pipeline{
		Stages: gopiper.Stages(
			feed.Stage(),
			gopiper.Function(collect).Workers(4).OrderBy(func(m component.StandardMessage) string {
				return string(m.GetData()[:1])
			}),
		),
	})
	fmt.Println(strings.Join(seen["a"], " "), strings.Join(seen["b"], " "), err)
	// Output:
	// a1 a2 a3 b1 b2 <nil>
}

// Everything that is wrong is told at once, before anything is opened.
func ExamplePrepare() {
	_, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{
		Name: "wrong",
		Stages: gopiper.Stages(
			gopiper.Use("stdin", gopiper.Attributes{"max_mesage": "1MiB"}),
			gopiper.Use("stdout").Workers(2),
			gopiper.Use("stdut"),
		),
	}), gopiper.Options{})
	for line := range strings.Lines(err.Error()) {
		_, problem, _ := strings.Cut(line, ": ") // without the position in this file
		fmt.Print(problem)
	}
	// Output:
	// stdin: unknown attribute "max_mesage"; did you mean "max_message"?
	// stdout: a sink can only be the last stage of a pipeline or a branch: nothing comes out of it
	// stdut: no such component; did you mean "stdout"? (`gopiper list` shows them)
}
