//go:build linux

package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// graph is a pipeline that was put together at random, of stages that keep, split,
// merge, fail, drop, retry and copy messages, with buffers in between, and what
// became of its messages. A message that was split or copied has a letter in front
// for every time: its path. Messages that were merged are lines of one.
type graph struct {
	generator *oracle.Generator
	until     uint64
	config    engine.Config // without what belongs to one run
	kinds     []string      // what it is made of
	sections  int64
	unsynced  bool     // a buffer does not wait for the disk
	paths     []string // of what arrives at the sink

	mu       sync.Mutex // held while anything is noted; see freeze
	accounts map[string]*oracle.Account
	failed   map[string]bool // path and number of what some stage let fail
	known    map[string]bool // what a stage has noted in its state
	problems []string
}

// draw picks a number from 0 up to, but without, n.
type draw func(n int, what string) int

// life is one life of a graph: until it ends or the power fails.
type life struct {
	*graph
	over     bool       // nothing is noted any more
	mu       sync.Mutex // of attempts; everything else is under the graph's
	attempts map[string]int
}

// newGraph draws a graph.
func newGraph(seed uint64, draw draw) *graph {
	g := &graph{
		generator: &oracle.Generator{Seed: seed, Pad: 40},
		until:     uint64(200 + draw(1500, "messages")),
		sections:  1, paths: []string{""},
		accounts: map[string]*oracle.Account{}, failed: map[string]bool{}, known: map[string]bool{},
	}
	g.config = engine.Config{
		Name: "graph", MaxMessages: int64(20 + draw(200, "in flight")), BatchMax: 1 + draw(64, "batch"),
		DrainTimeout: 2 * time.Second, Logger: slog.New(slog.DiscardHandler),
	}
	kinds := []string{"pass", "late", "fail", "drop", "retry", "buffer", "buffer", "hold", "split", "partly", "workers", "keyed", "branch", "once"}
	for range 1 + draw(5, "stages") {
		g.kinds = append(g.kinds, kinds[draw(len(kinds), "stage")])
	}
	if draw(3, "merge") == 0 { // what is merged has no fate of its own
		g.kinds = append(g.kinds, "merge")
		if draw(2, "behind") == 0 {
			g.kinds = append(g.kinds, "buffer")
		}
	}
	splits := 0
	for i, kind := range g.kinds {
		switch kind {
		case "fail", "drop", "retry":
			g.generator.Shares = append(g.generator.Shares, oracle.Share{Fate: oracle.Fate(kind), PerMille: 20})
		case "buffer":
			g.sections++
			if draw(4, "sync") == 0 {
				g.kinds[i], g.unsynced = "buffer without sync", true
			}
		case "split", "branch":
			if splits++; splits > 2 {
				g.kinds[i] = "pass"
				continue
			}
			var paths []string
			for _, p := range g.paths {
				paths = append(paths, "a"+p, "b"+p)
			}
			g.paths = paths
			if kind == "branch" && draw(2, "buffer in it") == 0 {
				g.kinds[i] = "branch with a buffer"
				g.sections++
			}
		}
	}
	for _, p := range g.paths {
		g.accounts[p] = oracle.NewAccount(g.generator)
	}
	return g
}

func (g *graph) String() string {
	return fmt.Sprintf("%d messages, %d in flight, batches of %d: %s",
		g.until, g.config.MaxMessages, g.config.BatchMax, strings.Join(g.kinds, ", "))
}

// live makes the pipeline of one life.
func (g *graph) live(seed uint64, store engine.Store) (*life, *engine.Pipeline, error) {
	l := &life{graph: g, attempts: map[string]int{}}
	config := g.config
	config.Store = store
	config.Stages = nil
	from := source{generator: g.generator, until: g.until, batch: g.config.BatchMax,
		random: chance(seed, "source"), settled: l.settled}
	config.Stages = append(config.Stages, &engine.Stage{Kind: plan.Component, Name: "numbers", Component: "numbers",
		Factory: from.factory(), Declaration: &sourceDeclaration})
	buffered := false
	for i, kind := range g.kinds {
		if kind == "once" && buffered { // behind a buffer a message may come twice
			kind = "pass"
		}
		buffered = buffered || strings.Contains(kind, "buffer")
		config.Stages = append(config.Stages, l.stage(fmt.Sprintf("%s %d", kind, i), kind)...)
	}
	config.Stages = append(config.Stages, &engine.Stage{Kind: plan.Component, Name: "account", Component: "account",
		Factory: always(handler(l.deliver)), Declaration: &sinkDeclaration})
	p, err := engine.New(config)
	return l, p, err
}

func always(c component.Component) component.Factory {
	return factory{create: func(chan component.Message) component.Component { return c }}
}

// stage makes the stages of a kind.
func (l *life) stage(name, kind string) []*engine.Stage {
	s := &engine.Stage{Kind: plan.Component, Name: name, Component: kind,
		Retry: &plan.Retry{Initial: time.Millisecond, Max: 2 * time.Millisecond}}
	s.Declaration = &component.Declaration{Name: "stage", Roles: component.Processor, Sync: true}
	switch kind {
	case "pass":
		s.Factory = always(handler(func(_ component.Message, handled component.HandledCallback) { handled(component.Report{}) }))
	case "late", "workers", "keyed":
		s.Declaration = &component.Declaration{Name: "stage", Roles: component.Processor}
		s.Factory = always(handler(func(_ component.Message, handled component.HandledCallback) { go handled(component.Report{}) }))
		if kind != "late" {
			s.Workers, s.Order = 3, plan.None
		}
		if kind == "keyed" {
			s.Order = plan.Key
		}
	case "fail", "drop", "retry", "partly":
		s.Factory = always(handler(func(m component.Message, handled component.HandledCallback) {
			handled(l.judge(kind, m))
		}))
	case "hold", "split", "merge":
		s.Declaration = &component.Declaration{Name: "stage", Roles: component.Processor, Emits: true, Stateful: kind != "split"}
		if kind != "split" {
			s.Declaration.Interfaces = component.IsFlusher
		}
		s.Factory = factory{create: func(postponed chan component.Message) component.Component {
			switch kind {
			case "split":
				return handler(splitting(postponed))
			default:
				return &keeping{postponed: postponed, merges: kind == "merge"}
			}
		}}
	case "once":
		s.Declaration.Interfaces, s.Declaration.Stateful = component.IsOpener, true
		s.Factory = always(&once{life: l})
	case "buffer", "buffer without sync":
		return []*engine.Stage{{Kind: plan.Component, Name: name, Component: "buffer",
			Buffer: &engine.Buffer{NoSync: kind != "buffer", MaxBytes: 8 << 10}}}
	case "branch", "branch with a buffer":
		s.Kind, s.Factory, s.Declaration = plan.Branch, nil, nil
		for _, letter := range []string{"a", "b"} {
			tag := &engine.Stage{Kind: plan.Component, Name: name + letter, Component: "tag",
				Declaration: &component.Declaration{Name: "tag", Roles: component.Processor, Sync: true},
				Factory: always(handler(func(m component.Message, handled component.HandledCallback) {
					m.SetData(prefixed(letter, m.GetData()))
					handled(component.Report{})
				}))}
			s.Branches = append(s.Branches, &engine.Branch{Stages: []*engine.Stage{tag}})
		}
		if kind == "branch with a buffer" {
			s.Branches[1].Stages = append(s.Branches[1].Stages, l.stage(name+" buffer", "buffer")...)
		}
	}
	return []*engine.Stage{s}
}

// prefixed puts a letter in front of every line.
func prefixed(letter string, data []byte) []byte {
	lines := bytes.Split(data, []byte("\n"))
	for i := range lines {
		lines[i] = append([]byte(letter), lines[i]...)
	}
	return bytes.Join(lines, []byte("\n"))
}

// partOf takes a line apart.
func partOf(line []byte) (path string, message []byte) {
	i := max(bytes.IndexByte(line, '{'), 0)
	return string(line[:i]), line[i:]
}

// judge is what a stage makes of a message, by its fate.
func (l *life) judge(kind string, m component.Message) component.Report {
	path, message := partOf(m.GetData())
	seq, err := l.generator.Parse(message)
	if err != nil {
		l.problem("stage %s: %v", kind, err)
		return component.Report{}
	}
	fate := l.generator.Fate(seq)
	switch {
	case kind == "fail" && fate == oracle.Fail:
		return component.Report{Status: 250, Description: "on purpose"}
	case kind == "drop" && fate == oracle.Drop:
		return component.Report{Status: component.Drop}
	case kind == "retry" && fate == oracle.Retry:
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.attempts[string(m.GetData())]++; l.attempts[string(m.GetData())] < 3 {
			return component.Report{Status: component.Retry, Description: "again"}
		}
	case kind == "partly":
		h := fnv.New32a()
		fmt.Fprint(h, path, seq)
		if h.Sum32()%20 == 0 && fate == oracle.Deliver {
			l.note(func() { l.failed[fmt.Sprint(path, "|", seq)] = true })
			return component.Report{Status: 251, Description: "a part fails"}
		}
	}
	return component.Report{}
}

// splitting makes two of every message.
func splitting(postponed chan component.Message) handler {
	return func(m component.Message, handled component.HandledCallback) {
		for _, letter := range []string{"a", "b"} {
			child := component.NewMessage(prefixed(letter, m.GetData()), m)
			child.SetKey(m.(component.StandardMessage).Key())
			postponed <- child
		}
		handled(component.Report{Status: component.Drop})
	}
}

// keeping keeps some messages and then sends them on, as they are or as one.
type keeping struct {
	postponed chan component.Message
	merges    bool
	kept      []component.Message
}

func (k *keeping) Handle(m component.Message, handled component.HandledCallback) {
	k.kept = append(k.kept, m)
	handled(component.Report{Status: component.Continue})
	if len(k.kept) == 5 {
		k.send()
	}
}

func (k *keeping) Flush(context.Context) error {
	k.send()
	return nil
}

func (k *keeping) send() {
	kept := k.kept
	k.kept = nil
	if len(kept) == 0 {
		return
	}
	if !k.merges {
		for _, m := range kept {
			k.postponed <- m
		}
		return
	}
	var lines [][]byte
	for _, m := range kept {
		lines = append(lines, bytes.Clone(m.GetData()))
	}
	k.postponed <- component.NewMessage(bytes.Join(lines, []byte("\n")), kept...)
	for _, m := range kept {
		m.Release()
	}
}

// once notes every message in its state: one that comes again after a crash must
// not be found there, for state changes in the commit that settles it; nor must one
// that was retried, for what a try has changed is taken back.
type once struct {
	*life
	state component.State
}

func (o *once) Open(ctx context.Context) error {
	o.state = component.StateOf(ctx)
	return nil
}

func (o *once) Handle(m component.Message, handled component.HandledCallback) {
	data := string(m.GetData())
	found, err := o.state.Get(m.GetData())
	if err == nil && found == nil {
		err = o.state.Put(m, m.GetData(), []byte("seen"), time.Time{})
	}
	if err != nil {
		handled(component.Report{Status: component.Fail, Description: err.Error()})
		return
	}
	o.mu.Lock()
	o.attempts["once "+data]++
	again := o.attempts["once "+data] == 1 && len(data)%8 == 0
	o.mu.Unlock()
	o.note(func() {
		o.known[data] = true
		if found != nil {
			o.problems = append(o.problems, data+" came again though its state was kept")
		}
	})
	if again {
		handled(component.Report{Status: component.Retry, Description: "again"})
		return
	}
	handled(component.Report{})
}

// forgotten finds what a stage has noted in its state and is not there at the end. A
// message that was taken for the one that ends the process did not come again.
func (g *graph) forgotten(s engine.Store) error {
	missing := maps.Clone(g.known)
	err := s.Scan([]byte{'s'}, []byte{'t'}, func(key, _ []byte) bool {
		delete(missing, string(key[bytes.LastIndexByte(key, 0)+1:]))
		return true
	})
	listing := engine.NewQuarantine(s).List(func(entry engine.Quarantined) bool {
		if entry.Status == engine.StatusPoison {
			delete(missing, string(entry.Data))
		}
		return true
	})
	if err = errors.Join(err, listing); err != nil {
		return err
	}
	for data := range missing {
		return fmt.Errorf("of %d messages the state is not there at the end, such as %s", len(missing), data)
	}
	return nil
}

// note calls do, unless the life is over.
func (l *life) note(do func()) {
	l.graph.mu.Lock()
	defer l.graph.mu.Unlock()
	if !l.over {
		do()
	}
}

// freeze ends the life: what it does from now on has not happened. at is called
// when nothing is being noted.
func (l *life) freeze(at func()) {
	l.note(func() {
		l.over = true
		at()
	})
}

func (l *life) problem(format string, values ...any) {
	l.note(func() { l.problems = append(l.problems, fmt.Sprintf(format, values...)) })
}

func (l *life) settled(seq uint64, _ component.Report) {
	l.note(func() {
		for _, a := range l.accounts {
			a.Acked(seq)
		}
	})
}

// deliver is the sink.
func (l *life) deliver(m component.Message, handled component.HandledCallback) {
	l.note(func() {
		for line := range bytes.SplitSeq(m.GetData(), []byte("\n")) {
			path, message := partOf(line)
			a := l.accounts[path]
			seq, err := l.generator.Parse(message)
			if a == nil || err != nil {
				l.problems = append(l.problems, fmt.Sprintf("%q was delivered: %v", line, err))
				continue
			}
			for i := range len(path) + 1 {
				if l.failed[fmt.Sprint(path[i:], "|", seq)] {
					l.problems = append(l.problems, fmt.Sprintf("%q failed and flowed on", line))
				}
			}
			a.Delivered(message)
		}
	})
	handled(component.Report{})
}

// audit looks at what became of everything when the graph has come through.
func (g *graph) audit(quarantine *engine.Quarantine, crashes int) error {
	err := quarantine.List(func(entry engine.Quarantined) bool {
		for line := range bytes.SplitSeq(entry.Data, []byte("\n")) {
			path, message := partOf(line)
			for p, a := range g.accounts {
				if strings.HasSuffix(p, path) {
					a.Quarantined(message)
				}
			}
		}
		return true
	})
	if err != nil {
		return err
	}
	terms := oracle.Terms{Originated: g.until, Poisoned: 1 << 40,
		Duplicates: g.sections * engine.Again(g.config.MaxMessages, int64(g.config.BatchMax))}
	if g.unsynced {
		terms.Duplicates = 1 << 40
	}
	for path, a := range g.accounts {
		for range crashes {
			a.Crashed()
		}
		if _, err := a.Audit(terms); err != nil {
			return fmt.Errorf("path %q: %w", path, err)
		}
	}
	if len(g.problems) > 0 {
		return fmt.Errorf("%d problems, such as: %s", len(g.problems), g.problems[0])
	}
	return nil
}
