package gopiper_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
	"github.com/gopiper/gopiper/plan"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	loader.Register(component.Declaration{
		Name: "state", Roles: component.Processor, Stateful: true, Sync: true,
		Attributes: []component.Attribute{
			{Name: "password", Secret: true}, {Name: "size", Type: component.Int, Default: int64(1), Keeps: true},
		},
	}, func(map[string]any) (component.Factory, error) { return parts{amount: 3}, nil })
	loader.Register(component.Declaration{Name: "both", Roles: component.Source | component.Sink, Sync: true},
		func(map[string]any) (component.Factory, error) { return parts{amount: 2}, nil })
	loader.Register(component.Declaration{Name: "odd", Roles: component.Processor, Sync: true},
		func(map[string]any) (component.Factory, error) { return parts{}, nil })
	loader.Register(component.Declaration{Name: "shut", Roles: component.Source, Interfaces: component.FactoryIsOpener, Sync: true},
		func(map[string]any) (component.Factory, error) { return shut{parts{amount: 1}}, nil })
	goleak.VerifyTestMain(m)
}

// parts is the factory of components that let everything through.
type parts struct{ amount int }

func (p parts) Amount() int {
	if p.amount == 0 {
		panic("no idea")
	}
	return p.amount
}
func (p parts) Create(chan component.Message) component.Component { return p }
func (p parts) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{})
}

// shut is a source that does not open.
type shut struct{ parts }

func (shut) Open(context.Context) error { return errors.New("it is shut") }

func through(component.StandardMessage) component.Report { return component.Report{} }

// lines are the problems without their position in this file.
func lines(err error) []string {
	if err == nil {
		return nil
	}
	var list []string
	for line := range strings.Lines(err.Error()) {
		_, problem, _ := strings.Cut(strings.TrimSpace(line), ": ")
		list = append(list, problem)
	}
	return list
}

func TestPrepareProblems(t *testing.T) {
	use, function, stages := gopiper.Use, gopiper.Function, gopiper.Stages
	always := func(component.StandardMessage) bool { return true }
	stdin, stdout, f := use("stdin"), use("stdout"), function(through)
	state := use("state").Workers(1)
	for _, test := range []struct {
		name   string
		stages []gopiper.Stage
		want   []string
	}{
		{"good", stages(stdin, state, f, stdout), nil},
		{"good compositions", stages(gopiper.Merge(stages(stdin), stages(use("both"), f)),
			gopiper.Branch(stages(f), stages(), stages(stdout)),
			gopiper.Switch(gopiper.When(always, stdout), gopiper.Otherwise(use("both").Workers(1)))), nil},

		{"sink at the head", stages(stdout, stdout), []string{"stdout: a sink cannot be the first stage; begin with a source, such as stdin"}},
		{"source in the middle", stages(stdin, use("stdin"), stdout),
			[]string{"stdin_2: a source can only be the first stage of a pipeline, or of a branch of a merge"}},
		{"source at the end", stages(stdin, stdin), []string{"stdin_2: a source cannot be the last stage; end with a sink, such as stdout"}},
		{"sink in the middle", stages(stdin, stdout, f),
			[]string{"stdout: a sink can only be the last stage of a pipeline or a branch: nothing comes out of it"}},
		{"processor at the head", stages(state, stdout), []string{"state: a processor cannot be the first stage; begin with a source, such as stdin"}},
		{"processor at the end", stages(stdin, state), []string{"state: a processor cannot be the last stage; end with a sink, such as stdout"}},
		{"processor at the end of the last branch", stages(stdin, gopiper.Branch(stages(stdout), stages(state))),
			[]string{"state: a processor cannot be the last stage; end with a sink, such as stdout"}},
		{"sink in a merge", stages(gopiper.Merge(stages(stdin, stdout)), stdout),
			[]string{"stdout: a sink can only be the last stage of a pipeline or a branch: nothing comes out of it"}},
		{"unreached", stages(stdin, gopiper.Branch(stages(stdout), stages(f, use("both").Workers(1))), f),
			[]string{"function_2: no message gets here: every branch before it ends in a sink"}},
		{"reached by what no case takes", stages(stdin, gopiper.Switch(gopiper.When(always, stdout)), f), nil},
		{"not reached by any case", stages(stdin, gopiper.Switch(gopiper.When(always, stdout), gopiper.Otherwise(stdout)), f),
			[]string{"function: no message gets here: every branch before it ends in a sink"}},

		{"state", stages(stdin, use("state"), stdout), []string{`state: it keeps state, so it has one worker unless order = "key"; now it has 3`}},
		{"state by key", stages(stdin, use("state").OrderByKey("host"), stdout), nil},
		{"its own number of workers", stages(stdin, use("both")),
			[]string{`both: the last stage cannot keep total order with 2 workers; set order = "key" or order = "none", or workers = 1`}},
		{"at the end of a branch", stages(stdin, gopiper.Branch(stages(use("both")), stages(f)), stdout),
			[]string{`both: the last stage cannot keep total order with 2 workers; set order = "key" or order = "none", or workers = 1`}},
		{"workers of a sink", stages(stdin, stdout.Workers(2)),
			[]string{`stdout: the last stage cannot keep total order with 2 workers; set order = "key" or order = "none", or workers = 1`}},
		{"unordered", stages(stdin, use("both").Unordered()), nil},
		{"amount panics", stages(stdin, use("odd"), stdout), []string{"odd: Amount panicked: no idea; this is a defect of the component"}},

		{"attributes", stages(use("stdin", gopiper.Attributes{"a": 1, "b": 2}), state.Named("s"), stdout), []string{
			`stdin: unknown attribute "a"; it takes framing, max_message`,
			`stdin: unknown attribute "b"; it takes framing, max_message`}},
		{"named", stages(stdin, use("state", gopiper.Attributes{"size": "x"}).Named("mine").Workers(1), stdout),
			[]string{`mine: attribute "size": expected an integer, got the string "x"`}},
		{"keeps too many", stages(stdin, use("state", gopiper.Attributes{"size": 20_000}).Workers(1), stdout),
			[]string{`state: attribute "size": 20000 messages can never come together, for at most 10000 may be in flight; raise max_messages of the pipeline`}},
		{"nil function", stages(stdin, function(nil), stdout), []string{"function: the function is nil"}},
		{"nil factory", stages(stdin, gopiper.Own("mine", nil, nil), stdout), []string{"mine: the factory is nil"}},
		{"nil predicate", stages(stdin, gopiper.Switch(gopiper.When(nil, stdout))),
			[]string{"switch: `when` is a gopiper.ownPredicate, which cannot decide"}},
		{"nil key", stages(stdin, f.OrderBy(nil), stdout), []string{"function: `order_by` is a gopiper.ownKey, which computes no key"}},
		{"no such file", stages(stdin, use("no/such.so"), stdout), []string{"such: no/such.so: no such file; build it first"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{Stages: test.stages}), gopiper.Options{})
			got := lines(err)
			same := len(got) == len(test.want)
			for i := range min(len(got), len(test.want)) {
				same = same && strings.HasPrefix(got[i], test.want[i])
			}
			if !same {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestPositionsAndCopies(t *testing.T) {
	f := gopiper.Function(through)
	p := gopiper.Describe(gopiper.Pipeline{Stages: gopiper.Stages(
		gopiper.Use("stdin"), f, f, gopiper.Branch(gopiper.Stages(f)), gopiper.Use("stdout"))})
	stages := p.Pipelines[0].Stages
	if stages[1] == stages[2] || stages[1] == stages[3].Branches[0].Stages[0] {
		t.Error("a Stage placed twice is one in the plan")
	}
	for _, s := range stages {
		if s.Position.File != "gopiper_test.go" || s.Position.Line == 0 {
			t.Errorf("%s is at %v", s.Kind, s.Position)
		}
	}
	if _, err := gopiper.Prepare(p, gopiper.Options{}); err != nil {
		t.Error(err)
	}
}

func TestSecret(t *testing.T) {
	for _, test := range []struct {
		stage     plan.Stage
		attribute string
		want      bool
	}{
		{plan.Stage{Kind: plan.Component, Reference: "state"}, "password", true},
		{plan.Stage{Kind: plan.Component, Reference: "state"}, "size", false},
		{plan.Stage{Kind: plan.Component, Reference: "state"}, "unknown", false},
		{plan.Stage{Kind: plan.Component, Reference: "not there"}, "size", true},
		{plan.Stage{Kind: plan.Function}, "size", false},
	} {
		if got := gopiper.Secret(&test.stage, test.attribute); got != test.want {
			t.Errorf("%s of %q: %v", test.attribute, test.stage.Reference, got)
		}
	}
}

// sending is a feed that sends texts and closes.
func sending(texts ...string) gopiper.Stage {
	feed := gopiper.NewFeed()
	go func() {
		defer feed.Close()
		var data [][]byte
		for _, text := range texts {
			data = append(data, []byte(text))
		}
		_, _ = feed.Send(context.Background(), data...)
	}()
	return feed.Stage()
}

func failing(component.StandardMessage) component.Report {
	return component.Report{Status: component.Fail, Description: "because"}
}

func TestRunTellsHowEveryPipelineEnded(t *testing.T) {
	program, err := gopiper.Prepare(gopiper.Describe(
		gopiper.Pipeline{Name: "good", Stages: gopiper.Stages(sending("a"), gopiper.Function(through))},
		gopiper.Pipeline{Name: "one", Stages: gopiper.Stages(sending("a"), gopiper.Function(failing))},
		gopiper.Pipeline{Name: "two", Stages: gopiper.Stages(sending("a", "b"), gopiper.Function(failing))},
		gopiper.Pipeline{Name: "handled", Stages: gopiper.Stages(sending("a"), gopiper.Function(failing)),
			Failed: gopiper.Stages(gopiper.Function(through))},
	), gopiper.Options{})
	if err != nil {
		t.Fatal(err)
	}
	err = program.Run(t.Context())
	want := "pipeline one: 1 message failed and no failed branch took it\n" +
		"pipeline two: 2 messages failed and no failed branch took them"
	if err == nil || err.Error() != want || !errors.Is(err, gopiper.ErrUnhandled) {
		t.Errorf("got %v\nwant %s", err, want)
	}
	var one *gopiper.PipelineError
	if !errors.As(err, &one) || one.Pipeline != "one" {
		t.Errorf("no PipelineError: %v", err)
	}
	stats := program.Stats()
	if len(stats) != 4 || stats[2].Pipeline != "two" || stats[2].Unhandled != 2 || stats[3].Failed != 1 {
		t.Errorf("%+v", stats)
	}
	if err := program.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "runs once") {
		t.Errorf("a second run: %v", err)
	}
}

func TestAllStartOrNone(t *testing.T) {
	feed := gopiper.NewFeed()
	program, err := gopiper.Prepare(gopiper.Describe(
		gopiper.Pipeline{Name: "fed", Stages: gopiper.Stages(feed.Stage(), gopiper.Function(through))},
		gopiper.Pipeline{Name: "shut", Stages: gopiper.Stages(gopiper.Use("shut"), gopiper.Function(through))},
	), gopiper.Options{})
	if err != nil {
		t.Fatal(err)
	}
	// The feed is never closed: only because the other pipeline does not start
	// does this one end.
	err = program.Run(t.Context())
	if err == nil || !strings.Contains(err.Error(), "it is shut") || strings.Contains(err.Error(), "fed") {
		t.Errorf("got %v", err)
	}
	if _, err := feed.Send(t.Context(), []byte("a")); !errors.Is(err, gopiper.ErrStopped) {
		t.Errorf("Send after a run that did not start: %v", err)
	}
}

func TestCancelDrains(t *testing.T) {
	feed, results := gopiper.NewFeed(), gopiper.NewResults()
	program, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{
		Stages: gopiper.Stages(feed.Stage(), results.Stage()),
	}), gopiper.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- program.Run(ctx) }()
	delivery, err := feed.Send(t.Context(), []byte("a"), []byte("b"))
	if err != nil {
		t.Fatal(err)
	}
	cancel() // while the messages wait to be taken
	n := 0
	for range results.All() {
		n++
	}
	if err := <-ended; err != nil || n != 2 {
		t.Errorf("%d messages came, %v", n, err)
	}
	if reports, err := delivery.Wait(t.Context()); err != nil || len(reports) != 2 || reports[1].Status != component.Done {
		t.Errorf("the outcome: %v %v", reports, err)
	}
	if _, err := feed.Send(t.Context(), []byte("c")); !errors.Is(err, gopiper.ErrStopped) {
		t.Errorf("Send after the end: %v", err)
	}
}

func TestLeavingTheResultsStopsThePipeline(t *testing.T) {
	feed, results := gopiper.NewFeed(), gopiper.NewResults()
	program, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{
		Stages: gopiper.Stages(feed.Stage(), results.Stage()),
	}), gopiper.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- program.Run(t.Context()) }()
	sent := make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			delivery, err := feed.Send(t.Context(), fmt.Append(nil, i))
			if err == nil {
				_, err = delivery.Wait(t.Context())
			}
			if err != nil {
				sent <- err
				return
			}
		}
	}()
	for m := range results.All() {
		if string(m.GetData()) == "3" {
			break
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("the run: %v", err)
	}
	if err := <-sent; !errors.Is(err, gopiper.ErrStopped) {
		t.Errorf("what was not taken: %v", err)
	}
}

func TestFeed(t *testing.T) {
	feed := gopiper.NewFeed()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := feed.Send(cancelled, []byte("a")); !errors.Is(err, context.Canceled) {
		t.Errorf("before the run, cancelled: %v", err)
	}
	big := make([][]byte, 2000)
	for i := range big {
		big[i] = fmt.Append(nil, i)
	}
	big[7] = make([]byte, 3<<20)
	var seen [][]byte
	go func() {
		defer feed.Close()
		delivery, err := feed.Send(t.Context(), big...)
		if err != nil {
			t.Error(err)
			return
		}
		if reports, err := delivery.Wait(t.Context()); err != nil || len(reports) != len(big) || reports[5].Status != 250 {
			t.Errorf("the outcomes: %d %v", len(reports), err)
		}
		if empty, err := feed.Send(t.Context()); err != nil {
			t.Error(err)
		} else if reports, err := empty.Wait(t.Context()); err != nil || len(reports) != 0 {
			t.Errorf("nothing was sent: %v %v", reports, err)
		}
	}()
	err := gopiper.Run(t.Context(), gopiper.Pipeline{
		Stages: gopiper.Stages(feed.Stage(), gopiper.Function(func(m component.StandardMessage) component.Report {
			seen = append(seen, append([]byte(nil), m.GetData()...))
			if string(m.GetData()) == "5" {
				return component.Report{Status: 250}
			}
			return component.Report{}
		})),
	})
	if !errors.Is(err, gopiper.ErrUnhandled) || len(seen) != len(big) || len(seen[7]) != 3<<20 || string(seen[1999]) != "1999" {
		t.Errorf("%d came: %v", len(seen), err)
	}
	if _, err := feed.Send(t.Context(), []byte("a")); !errors.Is(err, gopiper.ErrFeedClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestFunctionCannotKeep(t *testing.T) {
	var failed component.Report
	err := gopiper.Run(t.Context(), gopiper.Pipeline{
		Stages: gopiper.Stages(sending("a"), gopiper.Function(func(component.StandardMessage) component.Report {
			return component.Report{Status: component.Continue}
		})),
		Failed: gopiper.Stages(gopiper.Function(func(m component.StandardMessage) component.Report {
			failed.Description, _ = m.Attribute("failed_description")
			return component.Report{}
		})),
	})
	if err != nil || !strings.Contains(failed.Description, "cannot keep a message") {
		t.Errorf("%v: %v", failed, err)
	}
}
