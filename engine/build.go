package engine

import (
	"fmt"
	"hash/maphash"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// builder joins stages to segments and segments to each other, from the last to
// the first, for every output must know where it leads.
type builder struct {
	p       *Pipeline
	section *section // in which lies what is being built
}

// element is what a chain is made of: a group of stages that become a segment,
// or a fork.
type element struct {
	stages []*stage
	fork   *stage
}

// chain builds the stages and returns the output that leads into them. behind
// is what follows; last is set if nothing does.
func (b *builder) chain(stages []*stage, behind output, last bool) (output, error) {
	for i, s := range stages {
		if s.config.Buffer != nil {
			return b.buffered(stages[:i], s, stages[i+1:], behind, last)
		}
	}
	elements := b.group(stages)
	out := behind
	for i := len(elements) - 1; i >= 0; i-- {
		e := elements[i]
		final := last && i == len(elements)-1
		if e.fork != nil {
			next, err := b.fork(e.fork, out, final)
			if err != nil {
				return nil, err
			}
			out = next
			continue
		}
		if final {
			e.stages[len(e.stages)-1].last = true
		}
		out = b.segment(e.stages, out)
	}
	return out, nil
}

// buffered builds what lies behind a buffer, in a section of its own, then the
// buffer, then what lies in front of it.
func (b *builder) buffered(before []*stage, s *stage, after []*stage, behind output, last bool) (output, error) {
	inner := builder{p: b.p, section: b.p.newSection()}
	out, err := inner.chain(after, behind, last)
	if err != nil {
		return nil, err
	}
	if out != behind { // what is behind a join is shared: nobody runs it alone
		inner.inline(s, out)
	}
	return b.chain(before, b.p.newBuffer(s, inner.section, inner.first(out)), false)
}

// group fuses adjacent stages. A stage that may send messages ends its segment,
// because somebody must take them while its worker is in Handle.
func (b *builder) group(stages []*stage) []element {
	var elements []element
	for _, s := range stages {
		if s.isFork() {
			elements = append(elements, element{fork: s})
			continue
		}
		if n := len(elements); n > 0 && elements[n-1].fork == nil {
			group := elements[n-1].stages
			if fuses(group[len(group)-1], s) {
				elements[n-1].stages = append(group, s)
				continue
			}
		}
		elements = append(elements, element{stages: []*stage{s}})
	}
	return elements
}

func fuses(a, b *stage) bool {
	if a.emits || a.workers != b.workers {
		return false
	}
	return a.workers == 1 || a.order == b.order && (a.order != plan.Key || a.config.Key == nil && b.config.Key == nil)
}

// segment builds the workers of fused stages and returns the way in.
func (b *builder) segment(stages []*stage, behind output) output {
	p := b.p
	seg := &segment{p: p, section: b.section, id: len(p.segments), stages: stages}
	p.segments = append(p.segments, seg)
	workers, order := 1, plan.Total
	if len(stages) > 0 {
		workers, order = stages[0].workers, stages[0].order
	}
	out := behind
	var reg *region
	if workers > 1 {
		if order == plan.Total {
			reg = newRegion(1, behind)
			out = reg
		} else {
			out = b.many(behind)
		}
	}
	var queues []*queue
	shared := &queue{p: p, c: make(chan *batch, queueLength)}
	for i := range workers {
		q := shared
		if order == plan.Key && workers > 1 {
			q = &queue{p: p, c: make(chan *batch, queueLength)}
		}
		queues = append(queues, q)
		w := &worker{p: p, seg: seg, index: i, in: q.c, out: out, wake: make(chan struct{}, 1)}
		out.join()
		for j, s := range stages {
			u := &unit{stage: s, w: w, index: j, chunk: 64}
			s.units = append(s.units, u)
			w.units = append(w.units, u)
		}
		seg.workers = append(seg.workers, w)
	}
	switch {
	case reg != nil:
		return &entrance{region: reg, queue: shared}
	case order == plan.Key && workers > 1:
		place := Place{Segment: seg.id, Worker: -1}
		seg.keyed = &keyed{p: p, stage: stages[0], key: stages[0].keyAt(place), workers: queues,
			seed: maphash.MakeSeed(), parts: make([][]component.Message, workers)}
		return seg.keyed
	default:
		return shared
	}
}

// keyAt makes the function that computes a message's key.
func (s *stage) keyAt(at Place) KeyFunc {
	if s.config.Key == nil {
		return func(m component.Message) (string, error) { return m.(*message).Key(), nil }
	}
	return s.config.Key(at)
}

// many returns an output for many producers: a fork takes one only, so a worker
// without stages is put in front of it.
func (b *builder) many(out output) output {
	if _, ok := out.(*fork); ok {
		return b.segment(nil, out)
	}
	return out
}

// fork builds the branches of a Branch or Switch.
func (b *builder) fork(s *stage, behind output, last bool) (output, error) {
	p := b.p
	f := &fork{p: p, section: b.section, stage: s, all: s.config.Kind == plan.Branch}
	s.fork = f
	place := Place{Segment: len(p.segments), Worker: -1}
	p.segments = append(p.segments, &segment{p: p, section: b.section, id: place.Segment})
	open := !f.all // whether some message goes past all branches
	flows := make([]bool, len(s.config.Branches))
	joined, ordered := 0, true
	for i, br := range s.config.Branches {
		stages := p.stagesOf[br]
		if br.When == nil && !f.all {
			open = false
		}
		flows[i] = p.flowsOn(stages, last)
		if flows[i] {
			joined++
			ordered = ordered && keepsOrder(p, stages)
		}
	}
	if open {
		joined++
	}
	if last {
		behind = &nowhere{p: p, stage: s}
	}
	next := behind
	if joined > 1 {
		if ordered && !last {
			f.region = newRegion(joined, behind)
			next = f.region
		} else {
			next = b.many(behind)
		}
	}
	f.joined = flows
	for i, br := range s.config.Branches {
		stages := p.stagesOf[br]
		target := next
		if !flows[i] {
			target = sink{}
		}
		out, err := b.chain(stages, target, !flows[i])
		if err != nil {
			return nil, err
		}
		f.branches = append(f.branches, out)
		if br.When == nil {
			f.when = append(f.when, nil)
		} else {
			f.when = append(f.when, br.When(place))
		}
	}
	if open {
		f.rest = next
	}
	f.parts = make([][]component.Message, len(f.branches)+1)
	return f, nil
}

// flowsOn tells whether what a branch with these stages lets through goes on
// behind the fork. A function, or a component without a declaration, may be a
// sink or not: it is one if nothing follows.
func (p *Pipeline) flowsOn(stages []*stage, last bool) bool {
	if len(stages) == 0 {
		return true
	}
	s := stages[len(stages)-1]
	if s.isFork() {
		for _, br := range s.config.Branches {
			if p.flowsOn(p.stagesOf[br], last) {
				return true
			}
		}
		cases := s.config.Branches
		return s.config.Kind == plan.Switch && (len(cases) == 0 || cases[len(cases)-1].When != nil)
	}
	d := s.config.Declaration
	if last {
		return d != nil && !d.Roles.Has(component.Sink)
	}
	return d == nil || d.Roles.Has(component.Processor)
}

func (s *stage) isFork() bool {
	return s.config.Kind == plan.Branch || s.config.Kind == plan.Switch
}

// keepsOrder tells that what goes through the stages comes out in order.
func keepsOrder(p *Pipeline, stages []*stage) bool {
	for _, s := range stages {
		if s.order != plan.Total || s.config.Buffer != nil {
			return false
		}
		for _, br := range s.config.Branches {
			if !keepsOrder(p, p.stagesOf[br]) {
				return false
			}
		}
	}
	return true
}

// sourced builds a chain that begins with a source or a merge of several.
func (b *builder) sourced(stages []*stage, behind output, last bool) error {
	if len(stages) == 0 {
		return fmt.Errorf("an empty list of stages where a source is due")
	}
	head := stages[0]
	if head.config.Kind == plan.Merge && len(stages) == 1 && last {
		return fmt.Errorf("%s: a merge needs a stage behind it", head.config.Name)
	}
	if head.config.Kind != plan.Merge && len(stages) == 1 && last {
		return fmt.Errorf("%s: a pipeline needs a stage behind its source", head.config.Name)
	}
	out, err := b.chain(stages[1:], behind, last)
	if err != nil {
		return err
	}
	if head.config.Kind == plan.Merge {
		out = b.many(out)
		for _, br := range head.config.Branches {
			if err := b.sourced(b.p.stagesOf[br], out, false); err != nil {
				return err
			}
		}
		return nil
	}
	if head.workers > 1 {
		out = b.many(out)
	}
	if last || out != behind { // what is behind a merge is shared: no source runs it
		b.inline(head, out)
	}
	out = b.first(out)
	for range head.workers {
		out.join()
		b.p.sources = append(b.p.sources, &source{p: b.p, section: b.section, stage: head, out: out,
			positions: keyOf(positionKey, b.p.config.Name, head.config.Name)})
	}
	return nil
}

// inline lets the source's goroutine run the segment behind it, if that has one
// worker and all its components are known to call back before Handle returns and
// to send nothing: nobody but the source's goroutine has to see to them.
func (b *builder) inline(head *stage, out output) {
	q, ok := out.(*queue)
	if !ok || head.workers != 1 || q.producers.Load() > 0 {
		return
	}
	for _, seg := range b.p.segments {
		if len(seg.workers) != 1 || seg.workers[0].in != q.c || len(seg.stages) == 0 {
			continue
		}
		for _, s := range seg.stages {
			if s.config.Declaration == nil || !s.sync || s.emits {
				return
			}
		}
		seg.inline = true
	}
}

// first is where a source puts: into the queue, or into the worker itself.
func (b *builder) first(out output) output {
	if q, ok := out.(*queue); ok {
		for _, seg := range b.p.segments {
			if seg.inline && seg.workers[0].in == q.c {
				return seg.workers[0]
			}
		}
	}
	return out
}
