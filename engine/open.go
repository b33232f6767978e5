package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// open opens the factories, makes the workers and opens these. When it fails,
// what is open is closed by closeAll.
func (p *Pipeline) open(ctx context.Context) error {
	if err := p.openDurable(); err != nil {
		return fmt.Errorf("state directory: %w", err)
	}
	for _, s := range p.stages {
		if s.config.Factory == nil {
			continue
		}
		if opener, ok := s.config.Factory.(component.Opener); ok {
			if err := guard(func() error { return opener.Open(s.context(ctx)) }); err != nil {
				return s.errorf("opening: %w", err)
			}
		}
		s.opened = true
	}
	for _, s := range p.stages {
		ctx := s.context(ctx)
		for _, u := range s.units {
			if u.key == nil && s.order == plan.Key {
				u.key = s.keyAt(Place{Segment: u.w.seg.id, Worker: u.w.index})
			}
			if err := p.openComponent(ctx, s, func() *instance {
				u.make()
				return u.instance
			}); err != nil {
				return err
			}
		}
	}
	for _, src := range p.sources {
		if src.buffer != nil {
			continue
		}
		src.postponed = make(chan component.Message, 2*postponedLength)
		if err := p.openComponent(src.stage.context(ctx), src.stage, func() *instance {
			if src.stage.config.Create != nil {
				src.component = src.stage.config.Create(Place{Segment: -1}, src.postponed)
			} else {
				src.component = src.stage.config.Factory.Create(src.postponed)
			}
			return &instance{component: src.component}
		}); err != nil {
			return err
		}
	}
	return nil
}

// openComponent makes a worker's component, checks it against the declaration
// and opens it.
func (p *Pipeline) openComponent(ctx context.Context, s *stage, create func() *instance) error {
	var in *instance
	err := guard(func() error {
		in = create()
		return nil
	})
	switch {
	case err != nil:
		return s.errorf("creating a worker: %w", err)
	case in.component == nil:
		return s.errorf("creating a worker: Create returned nil")
	}
	p.created(s, in)
	c := in.component
	if d := s.config.Declaration; d != nil {
		if err := mismatch(d, c, s.config.Factory); err != nil {
			return s.errorf("%w", err)
		}
	}
	if opener, ok := c.(component.Opener); ok {
		if err := guard(func() error { return opener.Open(ctx) }); err != nil {
			return s.errorf("opening: %w", err)
		}
	}
	return nil
}

// mismatch compares the optional interfaces with those declared.
func mismatch(d *component.Declaration, c component.Component, f component.Factory) error {
	got := component.WorkerInterfaces(c)
	if f != nil {
		got |= component.FactoryInterfaces(f)
	}
	if missing := d.Interfaces &^ got; missing != 0 && f != nil {
		return fmt.Errorf("the declaration names %v, which the component does not implement", missing)
	}
	if extra := got &^ d.Interfaces; extra != 0 {
		return fmt.Errorf("the component implements %v, which its declaration does not name (an embedded type may bring it in)", extra)
	}
	return nil
}

// guard turns a panic into an error.
func guard(f func() error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = panicReport(reason)
		}
	}()
	return f()
}

func (s *stage) errorf(format string, args ...any) error {
	text := s.config.Name
	if s.config.Position != "" {
		text = s.config.Position + ": " + text
	}
	return fmt.Errorf(text+": "+format, args...)
}

// instance is a component that was created, until it is closed.
type instance struct{ component component.Component }

func (p *Pipeline) created(s *stage, in *instance) {
	p.mu.Lock()
	s.created = append(s.created, in)
	p.mu.Unlock()
}

// closeComponent closes a component, once.
func (p *Pipeline) closeComponent(s *stage, in *instance) {
	p.mu.Lock()
	i := slices.Index(s.created, in)
	if i >= 0 {
		s.created = slices.Delete(s.created, i, i+1)
	}
	p.mu.Unlock()
	closer, ok := in.component.(component.Closer)
	if i < 0 || !ok {
		return
	}
	if err := guard(closer.Close); err != nil && !errors.Is(err, component.ErrClosed) {
		p.logger.Warn("closing a component failed", "stage", s.config.Name, "error", err)
	}
}

// closeAll closes what is not closed yet: sources, what an abort has left, and
// the factories.
func (p *Pipeline) closeAll() {
	for _, s := range p.stages {
		p.mu.Lock()
		left := slices.Clone(s.created)
		p.mu.Unlock()
		for _, in := range left {
			p.closeComponent(s, in)
		}
	}
	for _, s := range p.stages {
		if closer, ok := s.config.Factory.(component.Closer); ok && s.opened {
			s.opened = false
			if err := guard(closer.Close); err != nil {
				p.logger.Warn("closing a factory failed", "stage", s.config.Name, "error", err)
			}
		}
	}
}
