package plan

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// at is a position in the file of the tests.
func at(line int) Position { return Position{"p.lua", line} }

func built(reference string) *Stage {
	return &Stage{Kind: Component, Reference: reference, Position: at(1)}
}

func function() *Stage {
	return &Stage{Kind: Function, Function: &Func{}, Position: at(1)}
}

func composed(kind Kind, forks ...*Fork) *Stage {
	return &Stage{Kind: kind, Branches: forks, Position: at(1)}
}

func fork(stages ...*Stage) *Fork { return &Fork{Stages: stages, Position: at(2)} }

func when(stages ...*Stage) *Fork {
	return &Fork{When: &Func{}, Stages: stages, Position: at(2)}
}

func piped(stages ...*Stage) *Plan {
	return &Plan{Pipelines: []*Pipeline{{Name: "p", Stages: stages, Position: at(1)}}}
}

// with is a pipeline of stdin, a changed stage, and stdout.
func with(change func(s *Stage)) *Plan {
	s := built("json")
	change(s)
	return piped(built("stdin"), s, built("stdout"))
}

var (
	twice    = built("json")
	inItself = composed(Branch)
)

func init() { inItself.Branches = []*Fork{fork(inItself)} }

var validations = []struct {
	name string
	plan *Plan
	want []string
}{
	{"good", piped(built("stdin"), function(), built("stdout")), nil},
	{"good compositions", piped(
		composed(Merge, fork(built("stdin")), fork(built("generate"), function())),
		composed(Branch, fork(function()), fork()),
		composed(Switch, when(built("stdout")), when(), fork(function())),
		composed(Switch, when(built("file")), fork(built("stdout"))),
	), nil},

	{"no pipelines", &Plan{}, []string{"the plan has no pipelines"}},
	{"missing pipeline", &Plan{Pipelines: []*Pipeline{nil}}, []string{"pipeline 1 is missing"}},
	{"empty", piped(), []string{"p.lua:1: p: the pipeline has no stages; it needs a source and a sink at least"}},
	{"missing stage", piped(built("stdin"), nil, built("stdout")), []string{"p.lua:1: p: stage 2 is missing"}},
	{"missing branch", piped(built("stdin"), composed(Branch, nil, fork(built("stdout")))),
		[]string{"p.lua:1: branch: branch 1 is missing"}},
	{"one stage", piped(built("stdin")), []string{"p.lua:1: stdin: the only stage; a pipeline needs a source and a sink at least"}},
	{"twice", piped(built("stdin"), twice, twice, built("stdout")),
		[]string{"p.lua:1: json: the same stage is placed twice; describe it once for every place"}},
	{"in itself", piped(built("stdin"), inItself, built("stdout")),
		[]string{"p.lua:1: branch: the same stage is placed twice; describe it once for every place"}},
	{"bounds", &Plan{Pipelines: []*Pipeline{{Name: "p", MaxBytes: -1, Stages: []*Stage{built("stdin"), built("stdout")}}}},
		[]string{"p: max_messages, max_bytes and drain_timeout must not be negative"}},

	{"names", &Plan{Pipelines: []*Pipeline{
		{Name: "p", Position: at(1), Stages: []*Stage{built("stdin"), built("stdout")}},
		{Name: "p", Position: at(5), Stages: []*Stage{built("stdin"), built("stdout")}},
	}}, []string{`p.lua:5: p: another pipeline has the name "p"; names are unique`}},
	{"stage names", piped(&Stage{Kind: Component, Reference: "stdin", Name: "x", Position: at(1)},
		&Stage{Kind: Component, Reference: "stdout", Name: "x", Position: at(2)}),
		[]string{`p.lua:2: x: another stage has the name "x"; names are unique`}},
	{"name", with(func(s *Stage) { s.Name = "a b" }),
		[]string{`p.lua:1: a b: the name "a b" is not valid; a name has letters, digits, _, - and . in it, up to 100 bytes`}},

	{"no reference", piped(built("stdin"), built(""), built("stdout")), []string{"p.lua:1: stage: no component is named"}},
	{"no function", piped(built("stdin"), &Stage{Kind: Function, Position: at(3)}, built("stdout")),
		[]string{"p.lua:3: function: the function is missing"}},
	{"unknown kind", piped(built("stdin"), &Stage{Kind: "x", Position: at(3)}, built("stdout")),
		[]string{`p.lua:3: x: unknown kind of stage "x"`}},
	{"function first", piped(function(), built("stdout")),
		[]string{"p.lua:1: function: a function cannot be the first stage; begin with a source, such as stdin"}},
	{"branch first", piped(composed(Branch, fork(built("stdout")))),
		[]string{"p.lua:1: branch: a branch cannot be the first stage; begin with a source, such as stdin"}},
	{"merge later", piped(built("stdin"), composed(Merge, fork(built("stdin"))), built("stdout")),
		[]string{"p.lua:1: merge: a merge can only be the first stage: it joins sources"}},
	{"function first of a merge", piped(composed(Merge, fork(function())), built("stdout")),
		[]string{"p.lua:1: function: a function cannot be the first stage; begin with a source, such as stdin"}},
	{"merge alone", piped(composed(Merge, fork(built("stdin")))),
		[]string{"p.lua:1: merge: a merge needs a stage behind it: it joins sources and delivers nothing"}},
	{"no branches", piped(built("stdin"), composed(Switch)), []string{"p.lua:1: switch: the switch has no branches"}},
	{"when in a branch", piped(built("stdin"), composed(Branch, when(built("stdout")))),
		[]string{"p.lua:2: branch: `when` is for the cases of a switch; a branch takes no conditions"}},
	{"else first", piped(built("stdin"), composed(Switch, fork(built("stdout")), when(built("stdout")))),
		[]string{"p.lua:2: switch: a case without `when` takes every message, so it must be the last one"}},
	{"empty source", piped(composed(Merge, fork()), built("stdout")),
		[]string{"p.lua:2: merge: branch 1 is empty; each branch of a merge begins with a source"}},
	{"empty at the end", piped(built("stdin"), composed(Branch, fork(built("stdout")), fork())),
		[]string{"p.lua:2: branch: branch 2 is empty; as the last stage, every branch ends with a sink"}},

	{"settings of a branch", piped(built("stdin"), &Stage{Kind: Branch, Position: at(1), Branches: []*Fork{fork(built("stdout"))},
		Workers: 2, Order: Total, OrderBy: "x", Retry: &Retry{}, Timeout: 1, Attributes: map[string]any{"size": 1}}),
		[]string{
			"p.lua:1: branch: `workers` does not apply to a branch; give it to the stages in it",
			"p.lua:1: branch: `order` does not apply to a branch; give it to the stages in it",
			"p.lua:1: branch: `order_by` does not apply to a branch; give it to the stages in it",
			"p.lua:1: branch: `retry` does not apply to a branch; give it to the stages in it",
			"p.lua:1: branch: `timeout` does not apply to a branch; give it to the stages in it",
			"p.lua:1: branch: `size` does not apply to a branch; give it to the stages in it",
		}},
	{"workers", with(func(s *Stage) { s.Workers = -1 }), []string{"p.lua:1: json: workers is -1; it must be 1 or more"}},
	{"many workers", with(func(s *Stage) { s.Workers = 1 << 40 }), []string{"p.lua:1: json: workers is 1099511627776; the most is 4096"}},
	{"order", with(func(s *Stage) { s.Order = "any" }), []string{`p.lua:1: json: order is "any"; it is one of total, key, none`}},
	{"order_by", with(func(s *Stage) { s.OrderBy = "host" }), []string{"p.lua:1: json: `order_by` needs order = \"key\""}},
	{"two order_by", with(func(s *Stage) { s.Order, s.OrderBy, s.OrderByFunction = Key, "host", &Func{} }),
		[]string{"p.lua:1: json: `order_by` is either the name of an attribute or a function"}},
	{"last with workers", piped(built("stdin"), &Stage{Kind: Component, Reference: "http", Workers: 2, Position: at(2)}),
		[]string{`p.lua:2: http: the last stage cannot keep total order with 2 workers; set order = "key" or order = "none", or workers = 1`}},
	{"last by key", piped(built("stdin"), &Stage{Kind: Component, Reference: "http", Workers: 2, Order: Key}), nil},
	{"timeout", with(func(s *Stage) { s.Timeout = -1 }), []string{"p.lua:1: json: timeout is -1ns; it must not be negative"}},
	{"attempts", with(func(s *Stage) { s.Retry = &Retry{MaxAttempts: -1} }),
		[]string{"p.lua:1: json: retry: max_attempts is -1; it must be 1 or more, or 0 for no limit"}},
	{"pauses", with(func(s *Stage) { s.Retry = &Retry{Initial: time.Minute, Max: time.Second} }),
		[]string{"p.lua:1: json: retry: max (1s) is less than initial (1m0s)"}},
	{"negative pause", with(func(s *Stage) { s.Retry = &Retry{Initial: -1} }),
		[]string{"p.lua:1: json: retry: initial is -1ns; it must not be negative"}},
	{"retry on", with(func(s *Stage) {
		s.Retry = &Retry{On: map[int]*Retry{200: {}, 110: nil, 120: {On: map[int]*Retry{130: {}}}, 140: {MaxAttempts: -2}}}
	}), []string{
		"p.lua:1: json: retry.on[110] is missing",
		"p.lua:1: json: retry.on[120] holds another `on`, which it cannot",
		"p.lua:1: json: retry.on[140]: max_attempts is -2; it must be 1 or more, or 0 for no limit",
		"p.lua:1: json: retry.on[200]: 200 is no status of the class retry, which are 100 to 199",
	}},
}

func TestValidate(t *testing.T) {
	for _, test := range validations {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, problem := range test.plan.Validate() {
				got = append(got, problem.Error())
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestValidateFailedBranch(t *testing.T) {
	p := piped(built("stdin"), built("stdout"))
	p.Pipelines[0].Failed = []*Stage{composed(Merge, fork(built("stdin"))), built("stdout")}
	problems := p.Validate()
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "can only be the first stage") {
		t.Errorf("a merge in the failed branch: %v", problems)
	}
}

func TestDefaultNames(t *testing.T) {
	named := built("csv")
	named.Name = "json_2"
	p := &Plan{Pipelines: []*Pipeline{
		{Position: at(1), Stages: []*Stage{built("stdin"), named, built("json"), built("json"), built("build/my component.so"),
			composed(Branch, fork(built("json")), fork(built("stdout")))}, Failed: []*Stage{built("stdout")}},
		{Position: at(2), Stages: []*Stage{built("stdin"), built("stdout")}},
		{Stages: []*Stage{built("stdin"), {Kind: Function, Function: &Func{Name: "shout"}}, function(), built("..")}},
	}}
	if problems := p.Validate(); problems != nil {
		t.Fatal(problems)
	}
	var names []string
	for _, pipeline := range p.Pipelines {
		names = append(names, "["+pipeline.Name+"]")
		walk(pipeline, func(s *Stage) { names = append(names, s.Name) })
	}
	want := "[p] stdin json_2 json json_3 my_component branch json_4 stdout stdout_2 [p_2] stdin stdout [pipeline] stdin shout function stage"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if problems := p.Validate(); problems != nil {
		t.Errorf("a valid plan is valid again: %v", problems)
	}
}

func TestProblemsErr(t *testing.T) {
	if err := (Problems{}).Err(); err != nil {
		t.Errorf("no problems: %v", err)
	}
	err := Problems{{at(9), "b", "late"}, {at(1), "", "early"}, {at(9), "b", "late"}, {Position{}, "", "nowhere"}}.Err()
	want := "nowhere\np.lua:1: early\np.lua:9: b: late"
	if err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
}
