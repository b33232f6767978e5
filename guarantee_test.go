package gopiper_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
)

// The components of these tests are named for what they promise.
func init() {
	follow := component.Attribute{Name: "follow", Type: component.Bool, Default: false}
	resume := component.Attribute{Name: "resume", Type: component.Bool, Default: false}
	sync := component.Attribute{Name: "sync", Type: component.String, Default: "always"}
	once := component.Promise{Delivery: component.FireAndForget, Doc: "it is said once."}
	for _, d := range []component.Declaration{
		{Name: "once", Roles: component.Source, Delivery: []component.Promise{once}},
		{Name: "again", Roles: component.Source, Attributes: []component.Attribute{follow, resume}, Delivery: []component.Promise{
			{Delivery: component.Replayable, Attribute: "resume", Value: true, Durable: true, Doc: "it goes on"},
			{Delivery: component.Replayable, Attribute: "follow", Value: true, Durable: true, Doc: "it goes on"},
			{Delivery: component.FireAndForget, Attribute: "follow", Value: true, Doc: "it is said once"}, once,
		}},
		{Name: "asked", Roles: component.Source, Delivery: []component.Promise{{Delivery: component.RequestResponse, Doc: "it answers"}}},
		{Name: "hope", Roles: component.Sink | component.Processor, Delivery: []component.Promise{{Delivery: component.Unconfirmed, Doc: "it hopes"}}},
		{Name: "sure", Roles: component.Sink, Attributes: []component.Attribute{sync}, Delivery: []component.Promise{
			{Delivery: component.Confirming, Attribute: "sync", Value: "always", Doc: "it is sure"},
			{Delivery: component.Unconfirmed, Doc: "it is not sure"},
		}},
		{Name: "same", Roles: component.Sink, Delivery: []component.Promise{{Delivery: component.Idempotent, Doc: "twice is once"}}},
		{Name: "silent", Roles: component.Source | component.Sink},
	} {
		d.Sync = true
		loader.Register(d, func(map[string]any) (component.Factory, error) { return parts{amount: 1}, nil })
	}
}

// guarantee returns what one pipeline promises.
func guarantee(t interface{ Fatal(...any) }, p gopiper.Pipeline, durable bool) gopiper.Guarantee {
	program, err := gopiper.Prepare(gopiper.Describe(p), gopiper.Options{Durable: durable})
	if err != nil {
		t.Fatal(err)
	}
	return program.Guarantees()[0]
}

// brief is a guarantee in a line, and its limits in one each.
func brief(g gopiper.Guarantee) string {
	text := fmt.Sprintf("%s, lost %d, twice %d, failed to %s", g.Level, g.Lost, g.Duplicates, g.Failed)
	for _, l := range g.Limits {
		text += fmt.Sprintf("\n%s is %s: %s", l.Stage, l.Promise, l.Why)
		if l.Advice != "" {
			text += "; " + l.Advice
		}
	}
	return text
}

const putABuffer = "put a buffer behind it"

const late = "b is unconfirmed: with `sync = false` a message is settled before the disk has it; with `sync = true` it is confirming"

func TestGuarantees(t *testing.T) {
	use, stages := gopiper.Use, gopiper.Stages
	follow, unsure := gopiper.Attributes{"follow": true}, gopiper.Attributes{"sync": "never"}
	buffer := func(name string) gopiper.Stage { return use("buffer").Named(name) }
	hasty := use("buffer", gopiper.Attributes{"sync": false}).Named("b")
	again := use("again", follow)
	always := func(component.StandardMessage) bool { return true }
	for _, test := range []struct {
		name    string
		p       gopiper.Pipeline
		durable bool
		want    string
	}{
		{"a source that says it once", gopiper.Pipeline{Stages: stages(use("once"), use("sure"))}, false,
			"at most once, lost 10000, twice 0, failed to log\nonce is fire-and-forget: it is said once; " + putABuffer},
		{"and a sink that hopes", gopiper.Pipeline{Stages: stages(use("once"), use("hope"))}, false,
			"at most once, lost 10000, twice 0, failed to log\nonce is fire-and-forget: it is said once; " + putABuffer +
				"\nhope is unconfirmed: it hopes"},
		{"a source that goes on", gopiper.Pipeline{Stages: stages(again, use("sure"))}, true,
			"at least once, lost 0, twice 20512, failed to quarantine\nsure is confirming: it is sure"},
		{"but not without a directory", gopiper.Pipeline{Stages: stages(again, use("sure"))}, false,
			"at most once, lost 10000, twice 0, failed to log\nagain is fire-and-forget: it is said once; with a state directory it is replayable"},
		{"nor without being told to", gopiper.Pipeline{Stages: stages(use("again"), use("sure"))}, true,
			"at most once, lost 10000, twice 0, failed to quarantine\nagain is fire-and-forget: it is said once; with `resume = true`, or with `follow = true` it is replayable"},
		{"nor without both", gopiper.Pipeline{Stages: stages(use("again"), use("sure"))}, false,
			"at most once, lost 10000, twice 0, failed to log\nagain is fire-and-forget: it is said once; with `resume = true` and a state directory, or with `follow = true` and a state directory it is replayable"},
		{"its sink is not sure", gopiper.Pipeline{Stages: stages(again, use("sure", unsure))}, true,
			"best effort, lost 0, twice 20512, failed to quarantine\nsure is unconfirmed: it is not sure; with `sync = \"always\"` it is confirming"},
		{"twice is once", gopiper.Pipeline{Stages: stages(again, use("same"))}, true,
			"effectively once, lost 0, twice 0, failed to quarantine"},
		{"a source that is asked", gopiper.Pipeline{Stages: stages(use("asked"), use("sure")), MaxMessages: 1000}, false,
			"at least once, lost 0, twice 1512, failed to log\nsure is confirming: it is sure"},
		{"a batch alone is above the bound", gopiper.Pipeline{Stages: stages(use("asked"), use("sure")), MaxMessages: 1}, false,
			"at least once, lost 0, twice 1024, failed to log\nsure is confirming: it is sure"},
		{"a program that feeds", gopiper.Pipeline{Stages: stages(gopiper.NewFeed().Stage(), use("sure"))}, true,
			"at least once, lost 0, twice 10512, failed to quarantine\nsure is confirming: it is sure"},
		{"and one that takes", gopiper.Pipeline{Stages: stages(gopiper.NewFeed().Stage(), gopiper.NewResults().Stage())}, true,
			"best effort, lost 0, twice 10512, failed to quarantine\nresults is undeclared: it does not say what it promises, so nothing is assumed"},
		{"who says nothing promises nothing", gopiper.Pipeline{Stages: stages(use("silent").Named("in"), use("silent"))}, true,
			"best effort, lost -1, twice -1, failed to quarantine\n" +
				"in is undeclared: it does not say what it promises, so nothing is assumed; " + putABuffer + "\n" +
				"silent is undeclared: it does not say what it promises, so nothing is assumed"},
		{"nor does a function, nor what has no declaration", gopiper.Pipeline{Stages: stages(gopiper.Own("own", parts{amount: 1}, nil), gopiper.Function(through))}, false,
			"best effort, lost -1, twice -1, failed to log\n" +
				"own is undeclared: it does not say what it promises, so nothing is assumed; " + putABuffer + "\n" +
				"function is undeclared: nobody confirms what a function does with a message"},
		{"what stands in the middle promises nothing and needs not", gopiper.Pipeline{Stages: stages(again, gopiper.Function(through), use("hope"),
			gopiper.Own("own", parts{amount: 1}, nil), use("same"))}, true,
			"effectively once, lost 0, twice 0, failed to quarantine"},
		{"the weakest branch counts", gopiper.Pipeline{Stages: stages(again, gopiper.Branch(stages(use("same")), stages(use("hope"))))}, true,
			"best effort, lost 0, twice 20512, failed to quarantine\nhope is unconfirmed: it hopes"},
		{"a branch that is a sink in the middle", gopiper.Pipeline{Stages: stages(again, gopiper.Branch(stages(use("sure")), stages(gopiper.Function(through))), use("same"))}, true,
			"at least once, lost 0, twice 20512, failed to quarantine\nsure is confirming: it is sure"},
		{"the weakest case counts", gopiper.Pipeline{Stages: stages(again, gopiper.Switch(
			gopiper.When(always, use("same")), gopiper.When(always, use("sure"))), use("same"))}, true,
			"at least once, lost 0, twice 20512, failed to quarantine\nsure is confirming: it is sure"},
		{"what no case takes", gopiper.Pipeline{Stages: stages(again, gopiper.Switch(gopiper.When(always, use("same"))), use("hope"))}, true,
			"best effort, lost 0, twice 20512, failed to quarantine\nhope is unconfirmed: it hopes"},
		{"the weakest source counts", gopiper.Pipeline{Stages: stages(gopiper.Merge(stages(again), stages(use("once"))), use("sure"))}, true,
			"best effort, lost 10000, twice 20512, failed to quarantine\nonce is fire-and-forget: it is said once; " + putABuffer},
		{"the failed branch counts", gopiper.Pipeline{Stages: stages(again, use("same")), Failed: stages(use("hope"))}, true,
			"best effort, lost 0, twice 20512, failed to branch\nhope is unconfirmed: it hopes"},
		{"a buffer", gopiper.Pipeline{Stages: stages(use("once"), buffer("b"), use("sure"))}, true,
			"best effort, lost 10000, twice 20512, failed to quarantine\nonce is fire-and-forget: it is said once"},
		{"a buffer before what is idempotent", gopiper.Pipeline{Stages: stages(use("once"), buffer("b"), use("same"))}, true,
			"at most once, lost 10000, twice 0, failed to quarantine\nonce is fire-and-forget: it is said once"},
		{"two buffers", gopiper.Pipeline{Stages: stages(again, buffer("b"), gopiper.Function(through), buffer("c"), use("sure"))}, true,
			"at least once, lost 0, twice 61536, failed to quarantine\nsure is confirming: it is sure"},
		{"only one branch repeats", gopiper.Pipeline{Stages: stages(again, gopiper.Branch(
			stages(buffer("b"), use("sure")), stages(buffer("c"), use("same"))))}, true,
			"at least once, lost 0, twice 41024, failed to quarantine\nsure is confirming: it is sure"},
		{"a buffer that does not wait for the disk", gopiper.Pipeline{Stages: stages(again, hasty, use("sure"))}, true,
			"at least once, lost 0, twice -1, failed to quarantine\n" + late + "\nsure is confirming: it is sure"},
		{"nor does a source that is told", gopiper.Pipeline{Stages: stages(use("asked"), hasty, use("same"))}, true,
			"at most once, lost -1, twice 0, failed to quarantine\n" + late},
		{"one buffer waits and one does not", gopiper.Pipeline{Stages: stages(use("asked"), buffer("a"), hasty, use("same"))}, true,
			"effectively once, lost 0, twice 0, failed to quarantine"},
		{"a buffer in one branch of a merge", gopiper.Pipeline{Stages: stages(gopiper.Merge(
			stages(use("once"), buffer("b")), stages(again)), use("sure"))}, true,
			"best effort, lost 10000, twice 41024, failed to quarantine\nonce is fire-and-forget: it is said once"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := brief(guarantee(t, test.p, test.durable)); got != test.want {
				t.Errorf("\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

// What was computed is told as data, and is the caller's.
func TestGuaranteeData(t *testing.T) {
	program, err := gopiper.Prepare(gopiper.Describe(
		gopiper.Pipeline{Name: "first", Stages: gopiper.Stages(gopiper.Use("once"), gopiper.Use("buffer").Named("b"), gopiper.Use("sure"))},
		gopiper.Pipeline{Name: "second", Stages: gopiper.Stages(gopiper.Use("silent").Named("in"), gopiper.Use("same"))},
	), gopiper.Options{Durable: true})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(program.Guarantees())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"pipeline":"first","guarantee":"best effort","lost":10000,"duplicates":20512,"failed":"quarantine","sections":[` +
			`{"from":["once"],"to":["b"],"in_flight":10000,"lost":10000,"duplicates":0},` +
			`{"from":["b"],"to":["sure"],"in_flight":10000,"lost":0,"duplicates":20512}],`,
		`{"pipeline":"second","guarantee":"best effort","lost":null,"duplicates":null,`,
		`"promise":"undeclared","why":"it does not say what it promises, so nothing is assumed"`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nhas no\n%s", text, want)
		}
	}
	mine, again := program.Guarantees(), program.Guarantees()
	mine[0].Sections[0].Lost, mine[0].Limits[0].Stage = 5, "mine"
	if !reflect.DeepEqual(program.Guarantees(), again) {
		t.Error("the caller has changed the program's")
	}
}

// What is to go on where it was needs a place that says where.
func TestResumeNeedsState(t *testing.T) {
	described := func(resume any) gopiper.Pipeline {
		return gopiper.Pipeline{Stages: gopiper.Stages(gopiper.Use("again", gopiper.Attributes{"resume": resume}), gopiper.Use("sure"))}
	}
	for resume, want := range map[any]string{
		true:  `again: resume = true needs a state directory; run with --state DIR`,
		false: "",
		"yes": `again: attribute "resume": expected a boolean, got the string "yes"`,
	} {
		_, err := gopiper.Prepare(gopiper.Describe(described(resume)), gopiper.Options{})
		if got := strings.Join(lines(err), "\n"); got != want {
			t.Errorf("%v: %s, want %s", resume, got, want)
		}
	}
	if got := guarantee(t, described(true), true); got.Level != gopiper.AtLeastOnce {
		t.Errorf("with a state directory: %s", brief(got))
	}
}

// A program that was prepared to be checked does not run, and says why.
func TestCheckedOnly(t *testing.T) {
	for _, last := range []gopiper.Stage{gopiper.Use("sure"), gopiper.Function(through)} {
		program, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{Name: "main", Stages: gopiper.Stages(
			gopiper.Use("generate", gopiper.Attributes{"count": 1}), gopiper.Use("buffer").Named("b"), last)}), gopiper.Options{Durable: true})
		if err != nil {
			t.Fatal(err)
		}
		if program.Quarantine() != nil {
			t.Error("there is a quarantine without a store")
		}
		if err := program.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "prepare it with Options.Store to run it") {
			t.Errorf("it runs: %v", err)
		}
		if state := program.Stats()[0].State; state != "failed" {
			t.Errorf("its state is %s", state)
		}
	}
}

// A pipeline never promises more than any one way through it does.
func TestGuaranteeIsTheWeakest(t *testing.T) {
	rank := map[gopiper.Level]int{gopiper.BestEffort: 0, gopiper.AtMostOnce: 1, gopiper.AtLeastOnce: 1, gopiper.EffectivelyOnce: 2}
	sources := []gopiper.Stage{gopiper.Use("once"), gopiper.Use("again", gopiper.Attributes{"follow": true}), gopiper.Use("asked"), gopiper.Use("silent")}
	sinks := []gopiper.Stage{gopiper.Use("hope"), gopiper.Use("sure"), gopiper.Use("same"), gopiper.Use("silent")}
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.SliceOfN(rapid.SampledFrom(sources), 1, 3).Draw(t, "sources")
		to := rapid.SliceOfN(rapid.SampledFrom(sinks), 1, 3).Draw(t, "sinks")
		var merged, branches [][]gopiper.Stage
		for _, s := range from {
			merged = append(merged, gopiper.Stages(s))
		}
		for _, s := range to {
			branches = append(branches, gopiper.Stages(s))
		}
		durable := rapid.Bool().Draw(t, "durable")
		whole := guarantee(t, gopiper.Pipeline{Stages: gopiper.Stages(gopiper.Merge(merged...), gopiper.Branch(branches...))}, durable)
		for _, source := range from {
			for _, sink := range to {
				way := guarantee(t, gopiper.Pipeline{Stages: gopiper.Stages(source, sink)}, durable)
				if rank[whole.Level] > rank[way.Level] || less(whole.Lost, way.Lost) || less(whole.Duplicates, way.Duplicates) {
					t.Fatalf("%s, but one way is %s", brief(whole), brief(way))
				}
				if (whole.Level == gopiper.AtLeastOnce || whole.Level == gopiper.AtMostOnce) && way.Level != whole.Level && way.Level != gopiper.EffectivelyOnce {
					t.Fatalf("%s, but one way is %s", brief(whole), brief(way))
				}
			}
		}
		if (whole.Level == gopiper.EffectivelyOnce) != (len(whole.Limits) == 0) {
			t.Fatalf("%s", brief(whole))
		}
	})
}

// less compares bounds; the one that nobody can tell is the greatest.
func less(a, b gopiper.Bound) bool {
	return a != gopiper.Unbounded && (b == gopiper.Unbounded || a < b)
}
