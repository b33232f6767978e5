package gopiper

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
)

// Level is what a pipeline promises for its messages in one phrase, however the
// process ends.
type Level string

// The levels. A message that failed and was taken by the failed branch or the
// quarantine is delivered in this sense.
const (
	// EffectivelyOnce: no message is lost, and of one that is delivered twice,
	// within the window that its sink names, the second has no effect.
	EffectivelyOnce Level = "effectively once"
	// AtLeastOnce: no message is lost; a crash may have some delivered twice.
	AtLeastOnce Level = "at least once"
	// AtMostOnce: a crash may lose messages; it has none delivered twice.
	AtMostOnce Level = "at most once"
	// BestEffort: a crash may lose some messages and have others delivered twice.
	BestEffort Level = "best effort"
)

// Bound is a number of messages at most, or [Unbounded], which is null in JSON.
type Bound int64

// Unbounded is the bound that nobody can tell.
const Unbounded Bound = -1

// MarshalJSON returns the number, or null.
func (b Bound) MarshalJSON() ([]byte, error) {
	if b == Unbounded {
		return []byte("null"), nil
	}
	return json.Marshal(int64(b))
}

func (b Bound) plus(more Bound) Bound {
	if b == Unbounded || more == Unbounded {
		return Unbounded
	}
	return b + more
}

// Guarantee is what a pipeline promises from its sources to its sinks when the
// process is killed, or the machine loses power. It follows from the plan, from
// what the components declare, and from whether there is a state directory.
type Guarantee struct {
	Pipeline string `json:"pipeline"`
	Level    Level  `json:"guarantee"`
	// Lost is how many messages one crash loses inside of gopiper at most,
	// Duplicates how many it has delivered twice at most, counted as their source
	// counts them. What a sink that confirms nothing had taken may be lost beyond.
	Lost       Bound `json:"lost"`
	Duplicates Bound `json:"duplicates"`
	// Failed is where messages end that fail in a stage: in the failed branch, in
	// quarantine, or in the log, which keeps their description but not their data.
	Failed FailedTo `json:"failed"`
	// Sections are the parts of the pipeline between its buffers.
	Sections []Section `json:"sections"`
	// Limits are the stages without which the pipeline would promise more, in the
	// order of the plan. There are none if it is effectively once.
	Limits []Limit `json:"limits"`
}

// FailedTo is where messages end that failed.
type FailedTo string

// Where they may end. What fails in the failed branch ends where it would without.
const (
	FailedToBranch     FailedTo = "branch"
	FailedToQuarantine FailedTo = "quarantine"
	FailedToLog        FailedTo = "log"
)

// Section is a part of a pipeline with a bound of its own on what is in flight:
// from the pipeline's sources, or from a buffer, up to the next buffers and sinks.
type Section struct {
	From []string `json:"from"` // names of stages
	To   []string `json:"to"`
	// InFlight is how many messages are in flight in it at most.
	InFlight Bound `json:"in_flight"`
	// Lost and Duplicates are the section's part of the pipeline's. Duplicates is 0
	// if all that follows is idempotent.
	Lost       Bound `json:"lost"`
	Duplicates Bound `json:"duplicates"`
}

// Limit is a stage that keeps a pipeline from promising more.
type Limit struct {
	Stage    string        `json:"stage"`
	Position plan.Position `json:"position"`
	// Promise is the name of what it promises, such as "fire-and-forget", see
	// [component.Delivery]; "undeclared" if nothing.
	Promise string `json:"promise"`
	// Why is a sentence without a capital and a full stop.
	Why string `json:"why"`
	// Advice says what would make it better; "" if nothing would.
	Advice string `json:"advice,omitempty"`
}

// Guarantees computes what every pipeline promises, in the order of the plan. It
// may be called from any goroutine; the result is the caller's.
func (p *Program) Guarantees() []Guarantee {
	list := make([]Guarantee, len(p.guarantees))
	for i, g := range p.guarantees {
		list[i] = g
		list[i].Sections, list[i].Limits = slices.Clone(g.Sections), slices.Clone(g.Limits)
	}
	return list
}

// guarantee grades a pipeline that has no problems.
func (r *resolver) guarantee(p *plan.Pipeline) Guarantee {
	g := grader{resolver: r}
	g.inFlight = Bound(max(cmp.Or(p.MaxMessages, plan.DefaultMaxMessages), plan.DefaultBatch))
	g.chain(p.Stages, []*part{g.part()}, place{first: true, last: true})
	g.failed = true
	g.chain(p.Failed, slices.Clone(g.parts), place{last: true})
	result := Guarantee{Pipeline: p.Name, Failed: FailedToLog, Limits: []Limit{}}
	switch {
	case len(p.Failed) > 0:
		result.Failed = FailedToBranch
	case r.durable:
		result.Failed = FailedToQuarantine
	}
	confirmed := true
	for _, s := range g.parts {
		s.sum()
		result.Sections = append(result.Sections, s.Section)
		result.Lost = result.Lost.plus(s.Lost)
		result.Duplicates = result.Duplicates.plus(s.Duplicates)
	}
	for _, e := range g.ends {
		confirmed = confirmed && (e.role != component.Sink || e.buffer || e.Delivery >= component.Confirming)
	}
	lossless := confirmed && result.Lost == 0
	switch {
	case lossless && result.Duplicates == 0:
		result.Level = EffectivelyOnce
	case lossless:
		result.Level = AtLeastOnce
	case result.Duplicates == 0:
		result.Level = AtMostOnce
	default:
		result.Level = BestEffort
	}
	for _, e := range g.ends {
		if e.limits(result.Level) {
			result.Limits = append(result.Limits, g.limit(e))
		}
	}
	return result
}

// grader walks a pipeline and collects what its sources and sinks promise.
type grader struct {
	*resolver
	inFlight Bound
	failed   bool // it walks the failed branch
	parts    []*part
	ends     []*end // in the order of the plan
}

// part is a section that is being graded.
type part struct {
	Section
	sources, sinks []*end
	behind         []*part // the sections that begin with its buffers
}

// end is a source, a sink, or a buffer as a sink, and what it promises.
type end struct {
	component.Promise
	stage       *plan.Stage
	role        component.Roles
	declaration *component.Declaration // nil if it has none
	attributes  map[string]any         // validated
	buffer      bool
	failed      bool // it is in the failed branch
	buffered    bool // of a source in a merge: a buffer ends its branch
}

// part begins a section.
func (g *grader) part() *part {
	p := &part{Section: Section{From: []string{}, To: []string{}, InFlight: g.inFlight}}
	g.parts = append(g.parts, p)
	return p
}

// chain walks stages that the sections in flow into, and returns those that flow
// on behind them.
func (g *grader) chain(stages []*plan.Stage, in []*part, at place) []*part {
	for i, s := range stages {
		here := place{first: at.first && i == 0, last: at.last && i == len(stages)-1}
		switch {
		case composed(s):
			in = g.forks(s, in, here)
		case isBuffer(s):
			in = g.buffer(s, in)
		case here.first:
			source := g.end(s, component.Source)
			for _, p := range in {
				p.From = append(p.From, s.Name)
				p.sources = append(p.sources, source)
			}
		case here.last || g.onlySink(s):
			sink := g.end(s, component.Sink)
			for _, p := range in {
				p.sinks = append(p.sinks, sink)
				p.To = append(p.To, s.Name)
			}
			in = nil
		}
	}
	return in
}

// forks walks the branches of a composition.
func (g *grader) forks(s *plan.Stage, in []*part, at place) (out []*part) {
	join := func(parts []*part) {
		for _, p := range parts {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	for _, fork := range s.Branches {
		before := len(g.ends)
		behind := g.chain(fork.Stages, in, place{first: at.first, last: at.last})
		join(behind)
		for _, e := range g.ends[before:] {
			e.buffered = at.first && !slices.Contains(behind, in[0])
		}
	}
	if s.Kind == plan.Switch && s.Branches[len(s.Branches)-1].When != nil {
		join(in) // what no case takes
	}
	return out
}

// buffer ends the sections that flow into it, and begins one.
func (g *grader) buffer(s *plan.Stage, in []*part) []*part {
	sink := &end{stage: s, role: component.Sink, buffer: true, failed: g.failed}
	sink.Delivery = component.Confirming
	if synced, ok := s.Attributes["sync"].(bool); ok && !synced {
		sink.Delivery = component.Unconfirmed
		sink.Doc = "with `sync = false` a message is settled before the disk has it"
	}
	g.ends = append(g.ends, sink)
	behind := g.part()
	behind.From = append(behind.From, s.Name)
	behind.sources = []*end{{Promise: component.Promise{Delivery: component.Replayable, Durable: true}}}
	for _, p := range in {
		p.To = append(p.To, s.Name)
		p.sinks = append(p.sinks, sink)
		p.behind = append(p.behind, behind)
	}
	return []*part{behind}
}

// end finds out what a stage promises as a source or a sink.
func (g *grader) end(s *plan.Stage, role component.Roles) *end {
	e := &end{stage: s, role: role, declaration: g.declared(s), failed: g.failed}
	if d := e.declaration; d != nil {
		e.attributes, _ = d.Validate(s.Attributes) // it has no problems
		e.Promise = d.Promised(role, e.attributes, g.durable)
	}
	g.ends = append(g.ends, e)
	return e
}

// needsStore reports a stage with an attribute that makes sense with a state
// directory only: all that its component promises with it needs one.
func (r *resolver) needsStore(s *plan.Stage, d *component.Declaration) {
	if r.durable || d == nil {
		return
	}
	attributes, err := d.Validate(s.Attributes)
	if err != nil {
		return // said already
	}
	for _, p := range d.Delivery {
		if !p.Durable || p.Attribute == "" || attributes[p.Attribute] != p.Value {
			continue
		}
		if !slices.ContainsFunc(d.Delivery, func(other component.Promise) bool {
			return other.Attribute == p.Attribute && other.Value == p.Value && !other.Durable
		}) {
			r.report(s, "%s = %s needs a state directory; run with --state DIR", p.Attribute, written(p.Value))
		}
	}
}

// declared is the declaration of a stage's component; nil if it has none.
func (r *resolver) declared(s *plan.Stage) *component.Declaration {
	switch {
	case s.Function == nil:
		if c := r.loaded[s.Reference]; c != nil {
			return c.Declaration
		}
		return nil
	case s.Kind == plan.Component:
		return s.Function.Impl.(ownComponent).declaration
	default:
		return s.Function.Impl.(creator).Declaration()
	}
}

// onlySink tells whether nothing comes out of a stage, wherever it stands.
func (g *grader) onlySink(s *plan.Stage) bool {
	d := g.declared(s)
	return d != nil && !d.Roles.Has(component.Processor)
}

// sum computes the part's bounds.
func (p *part) sum() {
	for _, source := range p.sources {
		switch source.Delivery {
		case 0:
			p.Lost, p.Duplicates = Unbounded, Unbounded
			return
		case component.FireAndForget:
			p.Lost = p.InFlight
		case component.Replayable: // what is in flight, or settled and not committed, and a batch
			p.Duplicates = Bound(engine.Again(int64(p.InFlight), plan.DefaultBatch))
		default:
			p.Duplicates = max(p.Duplicates, p.InFlight+plan.DefaultBatch)
		}
	}
	for _, sink := range p.sinks {
		if sink.buffer && sink.Delivery == component.Unconfirmed {
			p.late()
		}
	}
	if !p.repeats() {
		p.Duplicates = 0
	}
}

// late corrects the bounds of a part with a buffer that tells its sources before
// the disk has it. A position that is kept beside the buffer is lost with what the
// buffer loses: the source begins further back, however far what is behind the
// buffer has come. Every other source never sends it again.
func (p *part) late() {
	for _, source := range p.sources {
		if source.Delivery == component.Replayable && source.Durable {
			p.Duplicates = Unbounded
		} else {
			p.Lost = Unbounded
		}
	}
}

// repeats tells whether a message that comes twice has another effect than one,
// anywhere behind.
func (p *part) repeats() bool {
	for _, sink := range p.sinks {
		if !sink.buffer && sink.Delivery != component.Idempotent {
			return true
		}
	}
	return slices.ContainsFunc(p.behind, (*part).repeats)
}

// limits tells whether the pipeline would promise more if the end did.
func (e *end) limits(level Level) bool {
	switch {
	case level == EffectivelyOnce:
		return false
	case level == AtLeastOnce && !e.buffer:
		return e.Delivery == component.Confirming
	case e.role == component.Source:
		return e.Delivery < component.Replayable
	default:
		return e.Delivery < component.Confirming
	}
}

// limit says why an end promises no more, and what would help.
func (g *grader) limit(e *end) Limit {
	limit := Limit{
		Stage: e.stage.Name, Position: e.stage.Position, Promise: e.Delivery.String(),
		Why: strings.TrimSuffix(e.Doc, "."), Advice: g.better(e),
	}
	switch {
	case e.Delivery != 0:
	case e.declaration != nil && e.stage.Kind == plan.Function:
		limit.Why = "nobody confirms what a function does with a message"
	default:
		limit.Why = "it does not say what it promises, so nothing is assumed"
	}
	if limit.Advice == "" && e.role == component.Source && g.unbuffered(e) {
		limit.Advice = "put a buffer behind it"
	}
	return limit
}

// better says what it takes, at least, that an end promises more; "" if nothing
// would help.
func (g *grader) better(e *end) string {
	if e.buffer {
		return "with `sync = true` it is confirming"
	}
	if e.declaration == nil {
		return ""
	}
	var ways []string
	var best component.Delivery
	least := math.MaxInt
	for _, p := range e.declaration.Delivery {
		missing := g.missing(e, p)
		if p.Delivery.Role() != e.role || p.Delivery <= e.Delivery || len(missing) == 0 || len(missing) > least {
			continue
		}
		if len(missing) < least || p.Delivery != best {
			ways, best, least = nil, p.Delivery, len(missing)
		}
		ways = append(ways, "with "+strings.Join(missing, " and "))
	}
	if ways == nil {
		return ""
	}
	return strings.Join(ways, ", or ") + " it is " + best.String()
}

// missing lists what a promise needs that the end has not.
func (g *grader) missing(e *end, p component.Promise) (list []string) {
	if p.Attribute != "" && e.attributes[p.Attribute] != p.Value {
		list = append(list, "`"+p.Attribute+" = "+written(p.Value)+"`")
	}
	if p.Durable && !g.durable {
		list = append(list, "a state directory")
	}
	return list
}

// written is an attribute's value as a pipeline would write it.
func written(value any) string {
	if text, ok := value.(string); ok {
		return strconv.Quote(text)
	}
	return fmt.Sprint(value)
}

// unbuffered tells whether messages of a source reach a sink without a buffer in
// between.
func (g *grader) unbuffered(source *end) bool {
	for _, p := range g.parts {
		if slices.Contains(p.sources, source) {
			return !source.buffered && slices.ContainsFunc(p.sinks, func(sink *end) bool { return !sink.buffer && !sink.failed })
		}
	}
	return false
}

// isBuffer tells whether a stage is a buffer in the store.
func isBuffer(s *plan.Stage) bool {
	return s.Kind == plan.Component && s.Function == nil && s.Reference == bufferReference
}
