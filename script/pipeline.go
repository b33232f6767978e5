package script

import (
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// createPipeline is gopiper.createPipeline(stages, options).
func (st *state) createPipeline(L *lua.LState) int {
	const what = "createPipeline"
	st.only(L, "gopiper."+what)
	table, ok := L.Get(1).(*lua.LTable)
	if !ok {
		L.RaiseError("%s: the first argument is a list of stages, { gopiper.stdin{}, gopiper.stdout{} }, not %s", what, describe(L.Get(1)))
	}
	index := len(st.plan.Pipelines)
	p := &plan.Pipeline{Position: st.position(L)}
	p.Stages = cloneStages(st.stages(L, table, what, "options go into a second table: createPipeline({ … }, { name = … })"), index)
	if len(p.Stages) == 0 {
		L.RaiseError("%s: the list of stages is empty; a pipeline needs a source and a sink at least", what)
	}
	if L.Get(2) != lua.LNil {
		st.pipelineOptions(L, p, L.Get(2), index)
	}
	for _, other := range st.plan.Pipelines {
		if p.Name != "" && other.Name == p.Name {
			L.RaiseError("%s: the pipeline at %s has the name %q already; names are unique", what, other.Position, p.Name)
		}
	}
	st.plan.Pipelines = append(st.plan.Pipelines, p)
	return 0
}

func (st *state) pipelineOptions(L *lua.LState, p *plan.Pipeline, value lua.LValue, index int) {
	const what = "createPipeline, the second argument"
	fields := options(L, value, what, "name", "failed", "max_messages", "max_bytes", "drain_timeout", "quarantine")
	if v, ok := fields["name"]; ok {
		p.Name = text(L, v, what+": name")
	}
	if v, ok := fields["failed"]; ok {
		table, isTable := v.(*lua.LTable)
		if !isTable {
			L.RaiseError("%s: failed: it is a list of stages, such as { gopiper.stdout{} }, not %s", what, describe(v))
		}
		p.Failed = cloneStages(st.stages(L, table, what+": failed", "stages have no names there"), index)
		if len(p.Failed) == 0 {
			L.RaiseError("%s: failed: the list of stages is empty; leave it out to have failed messages logged", what)
		}
	}
	if v, ok := fields["max_messages"]; ok {
		p.MaxMessages = number(L, v, what+": max_messages", 1)
	}
	if v, ok := fields["max_bytes"]; ok {
		p.MaxBytes = converted[int64](L, v, what+": max_bytes", component.Size, int64(1))
	}
	if v, ok := fields["drain_timeout"]; ok {
		p.DrainTimeout = duration(L, v, what+": drain_timeout")
	}
	if v, ok := fields["quarantine"]; ok {
		p.Quarantine = quarantine(L, v, what+": quarantine")
	}
}

// quarantine reads the bounds on the failed messages that are kept.
func quarantine(L *lua.LState, value lua.LValue, what string) plan.Quarantine {
	var q plan.Quarantine
	fields := options(L, value, what, "max_size", "max_age", "when_full")
	if v, ok := fields["max_size"]; ok {
		q.MaxBytes = converted[int64](L, v, what+", max_size", component.Size, int64(1))
	}
	if v, ok := fields["max_age"]; ok {
		q.MaxAge = duration(L, v, what+", max_age")
	}
	if v, ok := fields["when_full"]; ok {
		q.WhenFull = plan.WhenFull(text(L, v, what+", when_full"))
	}
	return q
}

func (st *state) branchStage(L *lua.LState) int { return st.composition(L, plan.Branch) }
func (st *state) switchStage(L *lua.LState) int { return st.composition(L, plan.Switch) }
func (st *state) mergeStage(L *lua.LState) int  { return st.composition(L, plan.Merge) }

// composition is gopiper.branch, switch and merge: a list of lists of stages.
func (st *state) composition(L *lua.LState, kind plan.Kind) int {
	what := string(kind)
	st.only(L, "gopiper."+what)
	table, ok := L.Get(1).(*lua.LTable)
	if !ok {
		L.RaiseError("%s: it takes a table of lists of stages: gopiper.%s{ { … }, { … } }, not %s", what, what, describe(L.Get(1)))
	}
	stage := &plan.Stage{Kind: kind, Position: st.position(L)}
	for key, value := table.Next(lua.LNil); key != lua.LNil; key, value = table.Next(key) {
		switch k := key.(type) {
		case lua.LNumber:
			n := len(stage.Branches) + 1
			at := what + ": branch " + strconv.Itoa(n)
			if kind == plan.Switch {
				at = what + ": case " + strconv.Itoa(n)
			}
			if float64(k) != float64(n) {
				L.RaiseError("%s is nil; is the variable set?", at)
			}
			stage.Branches = append(stage.Branches, st.fork(L, kind, value, at))
		default:
			if k.String() != "name" {
				L.RaiseError("%s: unknown option %q%s", what, k.String(), suggestOption(k.String(), []string{"name"}))
			}
			stage.Name = text(L, value, what+": name")
		}
	}
	if len(stage.Branches) == 0 {
		L.RaiseError("%s: it is empty; give it lists of stages: gopiper.%s{ { … }, { … } }", what, what)
	}
	return st.pushStage(L, stage)
}

// fork is one list of stages of a composition; a case of a switch may hold the
// function `when` too.
func (st *state) fork(L *lua.LState, kind plan.Kind, value lua.LValue, what string) *plan.Fork {
	table, ok := value.(*lua.LTable)
	if !ok {
		L.RaiseError("%s: it is a list of stages in braces of its own, { … }, not %s", what, describe(value))
	}
	fork := &plan.Fork{Position: st.position(L)} // of the call: a table has none of its own
	if when := table.RawGetString("when"); when != lua.LNil && kind == plan.Switch {
		fork.When = st.scriptFunction(L, when, what+": when")
		table = without(L, table, lua.LString("when"))
	}
	hint := "only a case of a switch has a field, when"
	if kind != plan.Switch {
		hint = "only the cases of a switch have one, when"
	}
	fork.Stages = st.stages(L, table, what, hint)
	switch {
	case fork.When != nil:
		fork.Position = fork.When.Position
	case len(fork.Stages) > 0:
		fork.Position = fork.Stages[0].Position
	}
	return fork
}
