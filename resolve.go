package gopiper

import (
	"cmp"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/loader"
	"github.com/gopiper/gopiper/plan"
)

// Options are how a plan is run.
type Options struct {
	// Strict turns off the reuse of memory and overwrites what a component
	// must not use any more, so that a breach of the contract shows.
	Strict bool
	// Store keeps what must survive the process: buffers, positions, state,
	// quarantine; package store has one. Nil: nothing survives, and a plan with a
	// buffer is not valid. It stays the caller's, who closes it after
	// [Program.Run] has returned.
	Store engine.Store
	// Durable says that there will be a Store when the plan is run, for who only
	// checks it.
	Durable bool
	// DrainTimeout, if not 0, is used instead of the pipelines' own.
	DrainTimeout time.Duration
	// Logger takes what the pipelines have to say; nil is slog.Default().
	Logger *slog.Logger
}

// Prepare checks the plan as a whole, loads its components, makes their
// factories and returns the plan ready to run. Nothing is opened: no file, no
// connection. The plan belongs to the program from then on.
//
// The error is a [plan.Problems] with everything that is wrong.
func Prepare(p *plan.Plan, options Options) (*Program, error) {
	unnamed := unnamedBuffers(p)
	r := resolver{durable: options.Store != nil || options.Durable, unnamed: unnamed, problems: p.Validate(), loaded: make(map[string]*found)}
	program := &Program{plan: p}
	if options.Store != nil {
		program.quarantine = engine.NewQuarantine(options.Store)
	} else if options.Durable {
		options.Store = unopened{}
	}
	all := newStarts(len(p.Pipelines))
	var configs []engine.Config
	for _, described := range p.Pipelines {
		if described == nil {
			continue
		}
		r.start = &start{all: all}
		c := r.pipeline(described)
		c.Store, c.Kept = options.Store, program.quarantine
		c.Strict, c.Logger, c.Opened = options.Strict, options.Logger, r.start.open
		if options.DrainTimeout != 0 {
			c.DrainTimeout = options.DrainTimeout
		}
		configs = append(configs, c)
		program.pipelines = append(program.pipelines, &running{start: r.start, enders: r.enders})
		r.enders = nil
	}
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	for i, c := range configs {
		pipeline, err := engine.New(c)
		if err != nil {
			r.problems = append(r.problems, plan.Problem{Position: p.Pipelines[i].Position, Stage: c.Name, Message: err.Error()})
		}
		program.pipelines[i].Pipeline = pipeline
	}
	if err := r.problems.Err(); err != nil {
		return nil, err
	}
	for _, described := range p.Pipelines {
		program.guarantees = append(program.guarantees, r.guarantee(described))
	}
	return program, nil
}

// Secret tells which attributes of a stage are secret, for [plan.Plan.JSON]: as
// the component's declaration says. Of a component that cannot be loaded, all
// are. It may be called from any goroutine.
func Secret(stage *plan.Stage, attribute string) bool {
	if stage.Kind != plan.Component || stage.Function != nil {
		return false
	}
	loaded, err := loader.Load(stage.Reference)
	if err != nil {
		return true
	}
	if loaded.Declaration != nil {
		for _, a := range loaded.Declaration.Attributes {
			if a.Name == attribute {
				return a.Secret
			}
		}
	}
	return false
}

// resolver turns a plan into what the engine runs.
type resolver struct {
	problems plan.Problems
	loaded   map[string]*found // by reference
	failing  bool              // the failed branch is at hand
	durable  bool              // there is, or will be, a store
	unnamed  map[*plan.Stage]bool
	start    *start  // of the pipeline at hand
	enders   []ender // of the pipeline at hand

	name        string // of the pipeline at hand
	maxMessages int64  // of the pipeline at hand
}

// found is what became of loading a reference.
type found struct {
	loader.Loaded
	err error
}

func (r *resolver) report(s *plan.Stage, format string, args ...any) {
	r.problems = append(r.problems, plan.Problem{
		Position: s.Position, Stage: s.Name, Message: fmt.Sprintf(format, args...),
	})
}

func (r *resolver) pipeline(p *plan.Pipeline) engine.Config {
	r.quarantine(p)
	r.name = p.Name
	r.maxMessages = cmp.Or(p.MaxMessages, plan.DefaultMaxMessages)
	return engine.Config{
		Name:         p.Name,
		Stages:       r.chain(p.Stages, place{first: true, last: true, end: true}),
		Failed:       r.failed(p.Failed),
		MaxMessages:  p.MaxMessages,
		MaxBytes:     p.MaxBytes,
		DrainTimeout: p.DrainTimeout,
		Quarantine:   p.Quarantine,
	}
}

// quarantine refuses bounds on a quarantine that is not there.
func (r *resolver) quarantine(p *plan.Pipeline) {
	if p.Quarantine != (plan.Quarantine{}) && !r.durable {
		r.problems = append(r.problems, plan.Problem{Position: p.Position, Stage: p.Name,
			Message: "quarantine: what fails is kept in the state directory; run with --state DIR"})
	}
}

// failed resolves the failed branch.
func (r *resolver) failed(stages []*plan.Stage) []*engine.Stage {
	r.failing = true
	defer func() { r.failing = false }()
	return r.chain(stages, place{last: true, end: true})
}

// place tells where a stage stands, or a chain of them.
type place struct {
	first bool // it must originate messages
	end   bool // it is the end of its pipeline or branch, and may be a sink
	last  bool // it is the end of the pipeline: nothing comes after it
}

func (r *resolver) chain(stages []*plan.Stage, at place) []*engine.Stage {
	list := make([]*engine.Stage, 0, len(stages))
	reached := true
	for i, s := range stages {
		isEnd := i == len(stages)-1
		resolved := r.stage(s, place{first: at.first && i == 0, end: at.end && isEnd, last: at.last && isEnd})
		list = append(list, resolved)
		if !reached {
			r.report(s, "no message gets here: every branch before it ends in a sink")
		}
		reached = !composed(s) || flows(resolved)
	}
	return list
}

func composed(s *plan.Stage) bool { return len(s.Branches) > 0 }

// flows tells whether messages flow on behind the end of a branch that is not
// the last stage.
func flows(s *engine.Stage) bool {
	switch s.Kind {
	case plan.Merge:
		return true
	case plan.Branch, plan.Switch:
		for _, b := range s.Branches {
			if len(b.Stages) == 0 || flows(b.Stages[len(b.Stages)-1]) {
				return true
			}
		}
		// What no case takes flows on.
		return len(s.Branches) == 0 || s.Kind == plan.Switch && s.Branches[len(s.Branches)-1].When != nil
	default:
		return s.Declaration == nil || s.Declaration.Roles.Has(component.Processor)
	}
}

func (r *resolver) stage(s *plan.Stage, at place) *engine.Stage {
	resolved := &engine.Stage{
		Kind: s.Kind, Name: s.Name, Component: string(s.Kind), Position: s.Position.String(),
		Workers: s.Workers, Order: s.Order, Retry: s.Retry, Timeout: s.Timeout,
	}
	switch s.Kind {
	case plan.Component:
		resolved.Component = s.Reference
		r.component(s, resolved)
	case plan.Function:
		r.function(s, resolved)
	case plan.Branch, plan.Switch, plan.Merge:
		for _, fork := range s.Branches {
			resolved.Branches = append(resolved.Branches, &engine.Branch{
				When: r.when(s, fork.When),
				Stages: r.chain(fork.Stages, place{
					first: s.Kind == plan.Merge, end: s.Kind != plan.Merge, last: at.last && s.Kind != plan.Merge,
				}),
			})
		}
		return resolved
	}
	r.key(s, resolved)
	if d := resolved.Declaration; d != nil {
		r.role(s, d.Roles, at)
	}
	if resolved.Factory != nil && resolved.Workers == 0 {
		r.amount(s, resolved)
	}
	r.workers(s, resolved, at)
	return resolved
}

func (r *resolver) component(s *plan.Stage, resolved *engine.Stage) {
	if s.Function != nil {
		r.own(s, resolved)
		return
	}
	c, ok := r.loaded[s.Reference]
	if !ok {
		loaded, err := loader.Load(s.Reference)
		c = &found{loaded, err}
		r.loaded[s.Reference] = c
	}
	if c.err != nil {
		if s.Reference != "" { // otherwise Validate has said so
			r.report(s, "%s", strings.TrimPrefix(c.err.Error(), s.Name+": "))
		}
		return
	}
	resolved.Component, resolved.Declaration = c.Name, c.Declaration
	factory, err := c.New(s.Attributes)
	for _, err := range unjoined(err) {
		r.report(s, "%s", strings.TrimPrefix(err.Error(), c.Name+": "))
	}
	if b, ok := factory.(buffering); ok {
		r.buffer(s, resolved, b)
		return
	}
	resolved.Factory = factory
	r.kept(s, c.Declaration)
	r.needsStore(s, c.Declaration)
}

// kept reports attributes that let a worker keep more messages than may be in
// flight: it would wait for them forever.
func (r *resolver) kept(s *plan.Stage, d *component.Declaration) {
	if d == nil {
		return
	}
	attributes, err := d.Validate(s.Attributes)
	if err != nil {
		return // said already
	}
	for _, a := range d.Attributes {
		if n, ok := attributes[a.Name].(int64); ok && a.Keeps && n > r.maxMessages {
			r.report(s, "attribute %q: %d messages can never come together, for at most %d may be in flight; raise max_messages of the pipeline", a.Name, n, r.maxMessages)
		}
	}
}

// own resolves a component that the program gives.
func (r *resolver) own(s *plan.Stage, resolved *engine.Stage) {
	c, ok := s.Function.Impl.(ownComponent)
	if !ok || isNil(c.Factory) {
		r.report(s, "the factory is nil")
		return
	}
	resolved.Factory, resolved.Declaration = c.Factory, c.declaration
	if e, ok := c.Factory.(ender); ok {
		r.enders = append(r.enders, e)
	}
}

// unjoined takes apart what errors.Join has joined.
func unjoined(err error) []error {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	return []error{err}
}

// role checks that a component may stand where it stands.
func (r *resolver) role(s *plan.Stage, roles component.Roles, at place) {
	switch {
	case at.first && !roles.Has(component.Source):
		r.report(s, "a %s cannot be the first stage; begin with a source, such as stdin", roles)
	case at.first:
	case at.last && !roles.Has(component.Sink):
		r.report(s, "a %s cannot be the last stage; end with a sink, such as stdout", roles)
	case at.last, roles.Has(component.Processor), at.end && roles.Has(component.Sink):
	case roles.Has(component.Sink):
		r.report(s, "a sink can only be the last stage of a pipeline or a branch: nothing comes out of it")
	default:
		r.report(s, "a source can only be the first stage of a pipeline, or of a branch of a merge")
	}
}

// amount asks the factory how many workers the stage has.
func (r *resolver) amount(s *plan.Stage, resolved *engine.Stage) {
	defer func() {
		if p := recover(); p != nil {
			r.report(s, "Amount panicked: %v; this is a defect of the component", p)
		}
	}()
	resolved.Workers = resolved.Factory.Amount()
	if resolved.Workers < 1 || resolved.Workers > plan.MaxWorkers {
		r.report(s, "it wants %d workers; it must be 1 to %d; set workers", resolved.Workers, plan.MaxWorkers)
	}
}

// workers checks the number of workers against order and state.
func (r *resolver) workers(s *plan.Stage, resolved *engine.Stage, at place) {
	d := resolved.Declaration
	if d != nil && d.Stateful && resolved.Workers > 1 && s.Order != plan.Key {
		r.report(s, "it keeps state, so it has one worker unless order = \"key\"; now it has %d", resolved.Workers)
	}
	isSink := at.last || at.end && d != nil && d.Roles.Has(component.Sink) && !d.Roles.Has(component.Processor)
	if problem := s.LastOrder(resolved.Workers); isSink && problem != "" {
		r.report(s, "%s", problem)
	}
}
