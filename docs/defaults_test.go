package docs

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/parser"
	"go/token"
	"strings"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/loader"
	"github.com/gopiper/gopiper/observe"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

// row is one default: where it is set, its value, and what it means.
type row struct{ name, value, meaning string }

func defaultsPage(t *testing.T) string {
	var page strings.Builder
	page.WriteString("# Defaults and limits\n\nWhat holds where nothing else is said, and what cannot be changed, in one place.\n")
	for _, table := range []struct {
		title, about string
		rows         []row
	}{
		{"Pipelines", "Options of `createPipeline(stages, options)`, and fields of `gopiper.Pipeline`.", pipelineDefaults()},
		{"Stages", "Attributes of every stage.", stageDefaults(t)},
		{"Messages", "", messageDefaults(t)},
		{"Scripts", "Limits. Those with a name can be set for a function: `gopiper.func{ f, limits = { time = \"1s\" } }`.", scriptDefaults(t)},
		{"Command line", "Flags of `gopiper run`, and what the process sets for itself.", commandDefaults(t)},
		{"Components", "Attributes that need not be given.", componentDefaults()},
	} {
		fmt.Fprintf(&page, "\n## %s\n\n", table.title)
		if table.about != "" {
			page.WriteString(table.about + "\n\n")
		}
		page.WriteString("| | Default | |\n|---|---|---|\n")
		for _, r := range table.rows {
			fmt.Fprintf(&page, "| %s | %s | %s |\n", r.name, r.value, r.meaning)
		}
	}
	return page.String()
}

func pipelineDefaults() []row {
	return []row{
		{"`max_messages`", number(plan.DefaultMaxMessages), "Messages in flight at most. It holds back the source."},
		{"`max_bytes`", size(plan.DefaultMaxBytes), "Memory of the messages in flight at most. A message that is larger goes alone."},
		{"`drain_timeout`", duration(plan.DefaultDrainTimeout), "How long a stop waits for what is in flight."},
		{"`failed`", "none", "Failed messages are kept in quarantine, or without a state directory logged, and the exit code is 4."},
		{"`quarantine.max_size`", size(plan.DefaultQuarantineBytes), "Failed messages that are kept in [quarantine](delivery.md#quarantine) at most."},
		{"`quarantine.max_age`", "without limit", ""},
		{"`quarantine.when_full`", "`block`", "What fails waits for room."},
		{"`name`", "the script's name", "Without its ending; `NAME_2` for a second pipeline in it."},
	}
}

func stageDefaults(t *testing.T) []row {
	return []row{
		{"`workers`", "the component's, 1 for most", fmt.Sprintf("At most %s.", number(plan.MaxWorkers))},
		{"`order`", "`total`", "With several workers. See [ordering](ordering.md)."},
		{"`order_by`", "the message's own key", "For `order = \"key\"`."},
		{"`timeout`", duration(plan.DefaultTimeout), fmt.Sprintf("How long handling one message may take. After %d in a row the message fails.", source(t, "engine/order.go", "maxTimeouts"))},
		{"deaths", fmt.Sprint(source(t, "engine/watchman.go", "deathsMost")), "Of the process, in a row, with the same message in flight: then it fails, if it [comes again](delivery.md#a-message-ends-the-process)."},
		{"panics", fmt.Sprint(source(t, "engine/order.go", "maxPanics")), "After so many on one message it fails."},
		{"`retry.max_attempts`", "without limit", ""},
		{"`retry.initial`", duration(plan.DefaultRetryInitial), "The pause before the second attempt. Each is twice the one before, less a random fifth at most."},
		{"`retry.max`", duration(plan.DefaultRetryMax), "The longest pause."},
	}
}

func messageDefaults(t *testing.T) []row {
	return []row{
		{"length", size(plan.DefaultMessageMax), "Of one message that a source cuts out of a stream, at most: `max_message`. A longer one fails."},
		{"batch", number(plan.DefaultBatch), "Messages that travel together at most."},
		{"queue", number(source(t, "engine/output.go", "queueLength")), "Batches that wait before a segment at most."},
		{"`postponed`", number(source(t, "engine/supervise.go", "postponedLength")), "Messages that a component may send on `postponed` before it waits."},
	}
}

func scriptDefaults(t *testing.T) []row {
	return []row{
		{"evaluation", duration(script.DefaultTimeLimit), "How long a script may take to describe its pipelines."},
		{"memory", size(script.DefaultMemoryLimit), "How much the heap may grow meanwhile."},
		{"`limits.instructions`", number(script.DefaultCallInstructions), "What a function may take with one message: instructions of the interpreter, or steps of a [compiled](lua-compiled.md) function, which are iterations of loops and calls. Eight steps of a pattern count as one. See [limits](lua.md#limits)."},
		{"`limits.time`", duration(script.DefaultCallLimit), "How long it may take with one message."},
		{"`limits.memory`", size(script.DefaultCallMemory), "What it may add to the heap meanwhile; for a compiled function, what it may build in strings."},
		{"`limits.output`", size(script.DefaultCallOutput), "What it may write for one message: data, attributes, JSON, messages that it emits or returns, and what it prints."},
		{"variables", size(script.DefaultStateLimit), "What the script may keep in its variables from one message to the next, in one worker, about. They begin anew when there is more."},
		{"recursion", number(source(t, "script/state.go", "framesMax")), "How deep functions may call one another."},
		{"values", number(source(t, "script/state.go", "registersMax")), "Local variables, arguments and results of all functions under way."},
		{"lists", number(source(t, "script/state.go", "listMax")), "Elements of a list; one that is longer has no length."},
		{"description", size(source(t, "script/worker.go", "descriptionMax")), "Of a report. What is longer is cut."},
		{"stages", number(source(t, "script/stage.go", "stagesMax")), "That a script places, those in branches counted."},
		{"call on LuaJIT", duration(script.DefaultLuaJITLimit), "How long a function may take with one message on [LuaJIT](lua.md#engines), which cannot be interrupted: the process ends then, with the exit code 1. `--luajit-limit` sets it."},
		{"a state of LuaJIT", size(script.DefaultLuaJITMemory), "What it may take after a batch; it is replaced then, and the variables of its functions begin anew."},
		{"string", size(source(t, "script/guard.go", "stringMax")), "The length of a string, and of a file for `read_file`."},
		{"source", size(source(t, "script/compile.go", "sourceMax")), "The length of a script or module."},
		{"attributes", number(source(t, "script/convert.go", "depthMax")), "How deep tables of attributes may be nested."},
		{"coroutines", number(source(t, "script/coroutine.go", "coroutinesMax")), "How many may have resumed one another."},
	}
}

func commandDefaults(t *testing.T) []row {
	return []row{
		{"`--log-level`", "`info`", ""},
		{"`--log-format`", "`text`", ""},
		{"repeated warnings and errors", number(source(t, "cmd/gopiper/log.go", "repeatsShown")), fmt.Sprintf(
			"So many of one pipeline, stage and code are logged in %s, the others counted. At `--log-level debug` all are logged.",
			duration(time.Duration(source(t, "cmd/gopiper/log.go", "repeatsTime"))))},
		{"`--state`", "none", "Nothing survives the process."},
		{"`--supervise`", "off", fmt.Sprintf("A process that has died is started again after %s; every next pause is twice as long, up to %s, until one has lived for %s.",
			duration(time.Duration(source(t, "cmd/gopiper/supervise.go", "pauseFirst"))), duration(time.Duration(source(t, "cmd/gopiper/supervise.go", "pauseMax"))),
			duration(time.Duration(source(t, "cmd/gopiper/supervise.go", "livedWell"))))},
		{"`--metrics`", "off", "Loopback addresses only."},
		{"`GOGC`", "400", "Where the environment does not say."},
		{"`GOMEMLIMIT`", "nine tenths of the control group's limit", "Where the environment does not say, on Linux."},
	}
}

func componentDefaults() []row {
	var rows []row
	for _, d := range loader.Declarations() {
		for _, a := range d.Attributes {
			if a.Default == nil {
				continue
			}
			rows = append(rows, row{fmt.Sprintf("[%s](components/%s.md) `%s`", d.Name, d.Name, a.Name), "`" + written(a) + "`", ""})
		}
	}
	return rows
}

// written is the default as a pipeline would write it.
func written(a component.Attribute) string {
	switch v := a.Default.(type) {
	case string:
		return fmt.Sprintf("%q", v)
	case time.Duration:
		return fmt.Sprintf("%q", strings.Trim(duration(v), "`"))
	case int64:
		if a.Type == component.Size && v >= 1<<10 && v%(1<<10) == 0 {
			return fmt.Sprintf("%q", strings.ReplaceAll(size(v), " ", ""))
		}
	}
	return fmt.Sprint(a.Default)
}

func number(n int64) string { return observe.Count(uint64(n)) }

func size(n int64) string { return strings.Replace(observe.Bytes(uint64(n)), ".0 ", " ", 1) }

func duration(d time.Duration) string { return d.String() }

// source reads a constant out of a file of the repository, where it is not
// exported.
func source(t *testing.T, path, name string) int64 {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../"+path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, declaration := range file.Decls {
		group, ok := declaration.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			if s := spec.(*ast.ValueSpec); s.Names[0].Name == name && len(s.Values) == 1 {
				n, _ := constant.Int64Val(evaluate(t, s.Values[0]))
				return n
			}
		}
	}
	t.Fatalf("%s has no constant %s", path, name)
	return 0
}

func evaluate(t *testing.T, e ast.Expr) constant.Value {
	t.Helper()
	switch e := e.(type) {
	case *ast.BasicLit:
		return constant.MakeFromLiteral(e.Value, e.Kind, 0)
	case *ast.BinaryExpr:
		left, right := evaluate(t, e.X), evaluate(t, e.Y)
		if e.Op == token.SHL {
			n, _ := constant.Int64Val(right)
			return constant.Shift(left, e.Op, uint(n))
		}
		return constant.BinaryOp(left, e.Op, right)
	case *ast.SelectorExpr:
		units := map[string]time.Duration{"Millisecond": time.Millisecond, "Second": time.Second, "Minute": time.Minute}
		if unit, ok := units[e.Sel.Name]; ok {
			return constant.MakeInt64(int64(unit))
		}
	}
	t.Fatalf("%T is not understood", e)
	return nil
}
