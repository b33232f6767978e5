package script

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script/luajit"
	"github.com/gopiper/gopiper/script/std"
)

// The defaults of [Options].
const (
	DefaultTimeLimit   = 5 * time.Second
	DefaultMemoryLimit = 256 << 20
	DefaultStateLimit  = 256 << 20

	DefaultLuaJITLimit  = 10 * time.Second
	DefaultLuaJITMemory = 256 << 20
)

// Options say what a script sees of its surroundings, and how long it may run.
type Options struct {
	// Environment looks up environment variables for gopiper.env; nil is
	// os.LookupEnv.
	Environment func(name string) (value string, set bool)
	// Directory is what the paths given to gopiper.read_file and gopiper.glob
	// are relative to; "" is the working directory.
	Directory string
	// Modules is the directory that require finds modules in; "" is the one
	// that the script's name names, relative to Directory.
	Modules string
	// Print takes what the script prints, without a newline at the end, and
	// where it did; nil writes to the standard error. It may be called from
	// many goroutines.
	Print func(at plan.Position, text string)
	// Known lists the names of the built-in components. If there are any, a
	// gopiper.NAME that is none of them is an error with a suggestion.
	Known []string
	// TimeLimit bounds one evaluation of the script; 0 is DefaultTimeLimit.
	TimeLimit time.Duration
	// MemoryLimit bounds, in bytes, how much the heap may grow in one
	// evaluation of the script; 0 is DefaultMemoryLimit.
	MemoryLimit int64
	// Limits bound one call of a function with one message.
	Limits Limits
	// StateLimit bounds, in bytes, what the script keeps in its variables in one
	// Lua state from one message to the next, about; 0 is DefaultStateLimit. A
	// state that keeps more is let go, and the script is evaluated again.
	StateLimit int64
	// Engine says what runs all functions; with EngineAuto, which "" stands for,
	// stages may choose by their attribute engine.
	Engine Engine
	// LuaJITLimit is how long a function may take for one message on LuaJIT, which
	// cannot be interrupted; 0 is DefaultLuaJITLimit. Then Stuck is called.
	LuaJITLimit time.Duration
	// LuaJITMemory bounds, in bytes, a state of LuaJIT: one that has taken more
	// after a batch is replaced by a new one; 0 is DefaultLuaJITMemory.
	LuaJITMemory int64
	// Stuck is told which function has been running on LuaJIT for too long; it is to
	// end the process. It is called from a goroutine of its own. nil writes to the
	// standard error and ends the process with the code 1.
	Stuck func(message string)
	// Logger takes the log lines of the script and its functions; nil is
	// slog.Default at the time of the line.
	Logger *slog.Logger
	// Metrics takes what the script and its functions count, such as a
	// *[std.Tally]; nil keeps nothing.
	Metrics std.Metrics

	openLuaJIT func() (*luajit.Library, error) // luajit.Open if nil
}

// Script is a script that was evaluated. Its methods may be called from any
// goroutine.
type Script struct {
	name      string
	options   Options
	world     *world
	main      *chunk
	plan      *plan.Plan // owned by the caller
	described *plan.Plan // a copy of our own, to compare with
	functions []*lua.FunctionProto
	compiled  []compiled // of the same functions
	warnings  []Warning
	shared    *std.Shared // gopiper.shared of all its states
	// library holds the names of what the tables of the library have.
	library []string

	states places[shared]
	jits   places[jitPlace]

	fellBack bool // a function does not run on LuaJIT, for want of the library
}

// Warning is something in a script that may not be meant.
type Warning struct {
	Position plan.Position `json:"position"`
	Message  string        `json:"message"`
}

// String returns "file:line: message".
func (w Warning) String() string { return w.Position.String() + ": " + w.Message }

// Load evaluates a script into a plan. name is what positions name: the
// script's path, or, for text from elsewhere, any name, such as "-e". It
// returns when the script has ended, the time limit is over or ctx is
// cancelled. The error is an *[Error] and names the first thing that is wrong;
// what can be said of the plan as a whole is up to [plan.Plan.Validate].
func Load(ctx context.Context, name string, source []byte, options Options) (*Script, error) {
	options.setDefaults()
	modules := options.Modules
	if modules == "" {
		modules = filepath.Dir(name)
		if !filepath.IsAbs(modules) {
			modules = filepath.Join(options.Directory, modules)
		}
	}
	s := &Script{
		name: name, options: options,
		world:  newWorld(options, modules),
		shared: std.NewShared(0, 0),
	}
	var err error
	if s.main, err = s.world.add(name, source); err != nil {
		return nil, err
	}
	first, problem := s.evaluate(ctx, true)
	if problem != nil {
		return nil, problem
	}
	if len(first.plan.Pipelines) == 0 {
		return nil, &Error{
			Position: plan.Position{File: name, Line: 1},
			Message:  "the script describes no pipeline; call gopiper.createPipeline{ … }",
		}
	}
	s.plan, s.described = first.plan, clonePlan(first.plan)
	for _, f := range first.functions {
		s.functions = append(s.functions, f.Proto)
	}
	s.warnings = first.warnings()
	if problem := s.compileFunctions(first); problem != nil {
		return nil, problem
	}
	if err := s.tryLuaJIT(); err != nil {
		return nil, err
	}
	return s, nil
}

func (o *Options) setDefaults() {
	if o.Environment == nil {
		o.Environment = os.LookupEnv
	}
	if o.Print == nil {
		o.Print = func(_ plan.Position, text string) { fmt.Fprintln(os.Stderr, text) }
	}
	if o.TimeLimit <= 0 {
		o.TimeLimit = DefaultTimeLimit
	}
	if o.MemoryLimit <= 0 {
		o.MemoryLimit = DefaultMemoryLimit
	}
	if o.StateLimit <= 0 {
		o.StateLimit = DefaultStateLimit
	}
	if o.Engine == "" {
		o.Engine = EngineAuto
	}
	if o.LuaJITLimit <= 0 {
		o.LuaJITLimit = DefaultLuaJITLimit
	}
	if o.LuaJITMemory <= 0 {
		o.LuaJITMemory = DefaultLuaJITMemory
	}
	if o.Stuck == nil {
		o.Stuck = func(message string) {
			fmt.Fprintln(os.Stderr, "gopiper: "+message)
			os.Exit(1)
		}
	}
	o.Limits = o.Limits.or(defaultLimits())
}

// Plan returns what the script describes. It is the caller's: the script does
// not look at it again, and always returns the same one.
func (s *Script) Plan() *plan.Plan { return s.plan }

// Warnings returns what may not be meant.
func (s *Script) Warnings() []Warning { return s.warnings }

// evaluate runs the script in a new Lua state. first is true for the evaluation
// that makes the plan; the others must make the same.
func (s *Script) evaluate(ctx context.Context, first bool) (*state, *Error) {
	st := newState(s, first)
	st.guard.caller = ctx
	st.guard.start(s.options.describing())
	L := st.lua
	L.Push(L.NewFunctionFromProto(s.main.proto))
	err := st.call(0, 0)
	if st.guard.tripped != nil && err == nil {
		err = st.guard.tripped // the script has caught the error and ended
	}
	if err != nil {
		problem := s.runtimeError(err)
		problem.cause = ctx.Err()
		return nil, problem
	}
	if !first {
		if problem := s.sameAgain(st); problem != nil {
			return nil, problem
		}
		st.plan = nil // a state is to be small
	}
	st.run()
	return st, nil
}

// sameAgain tells how what a state describes differs from the plan: functions
// are found by the order of their description.
func (s *Script) sameAgain(st *state) *Error {
	what := difference(s.described, st.plan)
	if what == "" && len(st.functions) < len(s.functions) {
		what = fmt.Sprintf("it has %d functions, and had %d at first", len(st.functions), len(s.functions))
	}
	for i, f := range st.functions {
		if what == "" && (i >= len(s.functions) || s.functions[i] != f.Proto) {
			what = fmt.Sprintf("function %d is the one of line %d", i+1, f.Proto.LineDefined)
		}
	}
	if what == "" {
		return nil
	}
	return &Error{
		Position: plan.Position{File: s.name},
		Message: "the script describes another plan when it is evaluated again: " + what +
			"; a script with functions must describe the same plan every time",
	}
}

// moduleName is the name of the chunk of a module's file, as the user would
// write its path.
func (s *Script) moduleName(file string) string {
	return filepath.Join(filepath.Dir(s.name), strings.TrimPrefix(file, "/"))
}

// functionName returns the name of a Lua function; "" if it has none.
func (s *Script) functionName(f *lua.LFunction) string {
	p := f.Proto
	return s.world.function(p.SourceName, lines{p.LineDefined, max(p.LineDefined, p.LastLineDefined)})
}
