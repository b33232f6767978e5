package componenttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"time"

	"github.com/gopiper/gopiper/component"
)

// subject is the component being checked.
type subject struct {
	Suite
	name       string
	role       component.Roles
	attributes map[string]any       // validated
	interfaces component.Interfaces // of its workers and its factory
	accounts   map[string]*account  // of drives that several checks look at
}

func prepare(suite Suite) (*subject, error) {
	s := &subject{Suite: suite, name: "component", role: suite.Role, attributes: suite.Attributes, accounts: map[string]*account{}}
	if s.New == nil {
		return nil, errors.New("componenttest: the suite has no New; give the component's NewFactory")
	}
	if d := s.Declaration; d != nil {
		valid, err := d.Validate(s.Attributes)
		if err != nil {
			return nil, fmt.Errorf("componenttest: the suite's Attributes: %w", err)
		}
		s.name, s.attributes = d.Name, valid
		if s.role == 0 {
			s.role = d.Roles
		}
		if !d.Roles.Has(s.role) {
			return nil, fmt.Errorf("componenttest: the suite's Role is %s, the declaration names %s", s.role, d.Roles)
		}
		s.Features.Stateful = s.Features.Stateful || d.Stateful
	}
	if bits.OnesCount8(uint8(s.role)) != 1 {
		return nil, fmt.Errorf("componenttest: the suite's Role is %q; give one of component.Source, Processor and Sink", s.role)
	}
	if s.Patience == 0 {
		s.Patience = 10 * time.Second
	}
	if s.Messages == nil {
		s.Messages = defaultMessages()
	}
	s.interfaces = s.probe()
	return s, nil
}

// defaultMessages are what a component meets sooner or later.
func defaultMessages() [][]byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return [][]byte{
		[]byte(`{"id":1,"name":"first","tags":["a","b"]}`),
		[]byte("a line of text"),
		nil,
		all,
		[]byte(`{"id":2,"name":"second","user":{"id":3}}`),
		bytes.Repeat([]byte("a long message, "), 1000),
		[]byte("two\nlines, and\tmore"),
	}
}

// probe finds the optional interfaces, of which it depends which checks apply.
// What goes wrong here goes wrong again in the check that is there for it.
func (s *subject) probe() component.Interfaces {
	if d := s.Declaration; d != nil {
		return d.Interfaces // which the check "interfaces" has compared
	}
	var found component.Interfaces
	postponed := make(chan component.Message)
	_ = s.newDriver().call("making a worker", func() {
		factory, err := s.factory()
		if err != nil {
			return
		}
		worker := factory.Create(postponed)
		found = component.WorkerInterfaces(worker) | component.FactoryInterfaces(factory)
		if s.role == component.Source && found&component.IsRunner == 0 && !s.Features.Endless {
			go s.drain(postponed) // it may be sending already
		}
		_ = shut(worker)
	})
	return found
}

// factory makes a factory; the attributes are its own.
func (s *subject) factory() (component.Factory, error) {
	return s.New(maps.Clone(s.attributes))
}

func (s *subject) has(i component.Interfaces) bool { return s.interfaces&i == i }

func (s *subject) declared() bool { return s.Declaration != nil }

// sync tells that it promises to call back before Handle returns.
func (s *subject) sync() bool { return s.declared() && s.Declaration.Sync }

func (s *subject) handles() bool { return s.role != component.Source }

func (s *subject) runs() bool { return s.role == component.Source && s.has(component.IsRunner) }

func (s *subject) postpones() bool { return s.role == component.Source && !s.has(component.IsRunner) }

func (s *subject) batches() bool { return s.handles() && s.has(component.IsBatchHandler) }

// workers is how many are tried at once.
func (s *subject) workers() int {
	switch {
	case s.Features.Workers > 0:
		return s.Features.Workers
	case s.Features.Stateful || s.role == component.Source:
		return 1
	}
	return 4
}

// twice is the messages two times over, in which each is met again.
func (s *subject) twice() [][]byte { return slices.Concat(s.Messages, s.Messages) }

// long is the messages over and over, for a pipeline.
func (s *subject) long() [][]byte {
	return slices.Repeat(s.Messages, max(3, 150/max(1, len(s.Messages))))
}

// delivered returns what a sink has delivered after what it had before.
func (s *subject) delivered(before []byte) []byte {
	if s.Delivered == nil {
		return nil
	}
	now := s.Delivered()
	return bytes.Clone(now[min(len(before), len(now)):])
}

// open calls Open of a factory or worker that has one.
func open(ctx context.Context, what any) error {
	if o, ok := what.(component.Opener); ok {
		return o.Open(ctx)
	}
	return nil
}

// shut calls Close of a factory or worker that has one.
func shut(what any) error {
	if c, ok := what.(component.Closer); ok {
		return c.Close()
	}
	return nil
}
