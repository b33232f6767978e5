package plan

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var update = flag.Bool("update", false, "write the golden files")

func TestJSONGolden(t *testing.T) {
	p := &Plan{Pipelines: []*Pipeline{{
		Name: "errors", DrainTimeout: 5 * time.Second, Position: at(3),
		Stages: []*Stage{
			{Kind: Component, Reference: "kafka", Position: at(4), Attributes: map[string]any{
				"password": "hunter2", "topics": []any{"a", "b"}, "wait": 2 * time.Second,
				"ratio": math.NaN(), "sasl": map[string]any{"user": "<me>"}, "other": 'x',
			}},
			{Kind: Function, Position: at(5), Function: &Func{Position: at(5), Impl: func() {}}},
			{Kind: Switch, Position: at(6), Branches: []*Fork{
				{When: &Func{Position: at(7)}, Position: at(7), Stages: []*Stage{{Kind: Component, Reference: "drop", Position: at(7)}}},
				{Stages: []*Stage{{
					Kind: Component, Reference: "http", Workers: 4, Order: Key, OrderBy: "client", Timeout: time.Minute,
					Retry: &Retry{MaxAttempts: 8, Initial: time.Second, On: map[int]*Retry{110: {MaxAttempts: 1}}},
				}}},
			}},
		},
		Failed: []*Stage{{Kind: Component, Reference: "file", Position: at(9)}},
	}}}
	if problems := p.Validate(); problems != nil {
		t.Fatal(problems)
	}
	got, err := p.JSON(func(s *Stage, attribute string) bool { return s.Reference == "kafka" && attribute == "password" })
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/plan.json", got, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/plan.json")
	if err != nil || string(got) != string(want) {
		t.Errorf("testdata/plan.json (%v) differs; got:\n%s", err, got)
	}
	if p.Pipelines[0].Stages[0].Attributes["password"] != "hunter2" {
		t.Error("JSON changed the plan")
	}
}

// anyPlan generates plans, good and bad.
func anyPlan(t *rapid.T) *Plan {
	text := rapid.SampledFrom([]string{"", "json", "json_2", "a/b.so", "ä ", "\xff", ".", "-"})
	number := rapid.IntRange(-1, 3)
	var stages func(depth int) []*Stage
	stages = func(depth int) []*Stage {
		list := make([]*Stage, rapid.IntRange(0, 3).Draw(t, "stages"))
		for i := range list {
			if rapid.IntRange(0, 20).Draw(t, "nil") == 0 {
				continue
			}
			s := &Stage{
				Kind: rapid.SampledFrom([]Kind{Component, Function, Branch, Switch, Merge, ""}).Draw(t, "kind"),
				Name: text.Draw(t, "name"), Reference: text.Draw(t, "reference"),
				Workers: number.Draw(t, "workers"), Timeout: time.Duration(number.Draw(t, "timeout")),
				Order: rapid.SampledFrom([]Order{"", Total, Key, None, "x"}).Draw(t, "order"),
			}
			if rapid.Bool().Draw(t, "retry") {
				s.Retry = &Retry{MaxAttempts: number.Draw(t, "attempts"), On: map[int]*Retry{number.Draw(t, "on"): nil}}
			}
			for range rapid.IntRange(0, 2).Draw(t, "forks") {
				if depth > 0 {
					s.Branches = append(s.Branches, &Fork{Stages: stages(depth - 1)})
				}
			}
			list[i] = s
		}
		return list
	}
	p := &Plan{}
	for range rapid.IntRange(0, 3).Draw(t, "pipelines") {
		p.Pipelines = append(p.Pipelines, &Pipeline{Name: text.Draw(t, "pipeline"), Stages: stages(2), Failed: stages(1)})
	}
	return p
}

func TestAnyPlanIsNamedAndPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := anyPlan(t)
		problems := p.Validate()
		for _, pipeline := range p.Pipelines {
			seen := make(map[string]bool)
			walk(pipeline, func(s *Stage) {
				if problems == nil && (s.Name == "" || seen[s.Name] || !validName(s.Name)) {
					t.Fatalf("the stage's name is %q", s.Name)
				}
				seen[s.Name] = true
			})
		}
		text, err := p.JSON(nil)
		if err != nil || !json.Valid(text) {
			t.Fatalf("no JSON: %v\n%s", err, text)
		}
	})
}
