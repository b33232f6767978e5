//go:build linux

package faults

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// The components that the pipelines of the tests are made of.

// factory makes workers with a function.
type factory struct {
	amount int
	create func(postponed chan component.Message) component.Component
}

func (f factory) Amount() int { return max(f.amount, 1) }

func (f factory) Create(postponed chan component.Message) component.Component {
	return f.create(postponed)
}

// handler is a component that is a function.
type handler func(component.Message, component.HandledCallback)

func (h handler) Handle(m component.Message, handled component.HandledCallback) { h(m, handled) }

// source is a source that can go back: it originates the messages of a generator,
// from its position up to a number, and tells what it saw settled.
type source struct {
	generator *oracle.Generator
	until     uint64 // 0 is without end
	batch     int    // messages of a batch at most
	forgets   bool   // it has no position
	random    *rand.Rand
	settled   func(seq uint64, outcome component.Report) // from any goroutine
	emitted   atomic.Uint64                              // the number behind the last that was handed over
}

func (s *source) factory() component.Factory {
	return factory{create: func(chan component.Message) component.Component { return s }}
}

var sourceDeclaration = component.Declaration{
	Name: "numbers", Roles: component.Source, Interfaces: component.IsRunner,
	Delivery: []component.Promise{{Delivery: component.Replayable, Durable: true, Doc: "it goes on where it was"}},
}

func (*source) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "a source handles nothing"})
}

// Run implements component.Runner.
func (s *source) Run(ctx context.Context, out component.Output) error {
	next := uint64(0)
	if position := component.PositionsOf(ctx).Of[""]; position != nil {
		if len(position) != 8 {
			return fmt.Errorf("the position is %x", position)
		}
		next = binary.BigEndian.Uint64(position)
	}
	for s.until == 0 || next < s.until {
		b := out.Batch()
		first := next
		most := 1 + s.random.IntN(s.batch)
		for ; b.Len() < most && (s.until == 0 || next < s.until); next++ {
			start := len(b.Buffer)
			b.Buffer = s.generator.Append(b.Buffer, next)
			b.Add(start, len(b.Buffer))
			b.SetMeta(component.Meta{Key: s.generator.Key(next)})
		}
		var position [8]byte
		binary.BigEndian.PutUint64(position[:], next)
		if !s.forgets {
			b.SetPosition("", position[:])
		}
		b.OnSettled = func(b *component.Batch) {
			for i := range b.Len() {
				s.settled(first+uint64(i), b.Outcome(i))
			}
		}
		if !out.Emit(b) {
			return nil
		}
		s.emitted.Store(next)
	}
	return nil
}

// sink notes in an account what it receives. It can be frozen, so that what it has
// received and what is on the disk are of one moment.
type sink struct {
	mu      *sync.Mutex
	account *oracle.Account
	gate    func(data []byte) component.Report // what it makes of a message; nil is Done
}

func (s *sink) factory() component.Factory {
	return factory{create: func(chan component.Message) component.Component { return handler(s.handle) }}
}

var sinkDeclaration = component.Declaration{
	Name: "account", Roles: component.Sink, Sync: true,
	Delivery: []component.Promise{{Delivery: component.Confirming, Doc: "it notes what it receives"}},
}

func (s *sink) handle(m component.Message, handled component.HandledCallback) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var report component.Report
	if s.gate != nil {
		report = s.gate(m.GetData())
	}
	if report.Class() == component.ClassDone {
		s.account.Delivered(m.GetData())
	}
	handled(report)
}
