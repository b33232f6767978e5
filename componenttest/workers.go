package componenttest

import (
	"sync"

	"github.com/gopiper/gopiper/component"
)

// checkWorkers lets several workers of one factory work at once.
func (s *subject) checkWorkers(r *reporter) {
	var drivers []*driver
	var made component.Factory
	before := s.delivered(nil)
	for range s.workers() {
		d := s.newDriver()
		r.need(d.start(made))
		made = d.factory
		drivers = append(drivers, d)
	}
	start := make(chan struct{})
	var all sync.WaitGroup
	outputs := make([]*runOutput, len(drivers))
	results := make([]error, len(drivers))
	for i, d := range drivers {
		outputs[i] = newRunOutput(d.a)
		all.Go(func() {
			<-start
			if s.runs() {
				results[i], d.a.err = d.run(outputs[i], false)
				return
			}
			if d.handle(s.twice()) == nil {
				_ = d.end()
			}
		})
	}
	close(start)
	all.Wait()
	for _, d := range drivers {
		if err := d.call("Close", func() { _ = shut(d.worker) }); err != nil {
			r.fail("%v", err)
		}
		d.a.look()
	}
	r.need(drivers[0].call("Close of the factory", func() { _ = shut(made) }))
	if s.runs() {
		s.compareRuns(r, drivers, outputs, results)
		return
	}
	s.compareWorkers(r, drivers)
	if n := len(s.delivered(before)); n != len(drivers)*len(s.single().written) {
		r.fail("%d workers delivered %d bytes, each alone %d", len(drivers), n, len(s.single().written))
	}
}

func (s *subject) compareWorkers(r *reporter, drivers []*driver) {
	for _, d := range drivers {
		for _, text := range d.a.allNotes() {
			r.fail("with %d workers: %s", len(drivers), text)
		}
		if d.a.err == nil && !s.Features.Random {
			d.a.written = s.single().written // it cannot be told apart
			r.compare("beside other workers", d.a, s.single())
		}
	}
}

func (s *subject) compareRuns(r *reporter, drivers []*driver, outputs []*runOutput, results []error) {
	var got []output
	for i, d := range drivers {
		outputs[i].end()
		r.need(d.a.err)
		if results[i] != nil {
			r.fail("with %d workers, Run returned the error %v", len(drivers), results[i])
		}
		got = append(got, d.a.emitted...)
	}
	if s.Features.Random {
		return
	}
	if d := differ(got, s.sourced().emitted, false); d != "" {
		r.fail("%d workers together, compared with one: %s", len(drivers), d)
	}
}

// checkReplaced makes a new worker in the place of one that is at work, and
// closes that one then, as the engine does.
func (s *subject) checkReplaced(r *reporter) {
	old, d := s.newDriver(), s.newDriver()
	r.need(old.start(nil))
	r.need(old.handle(s.Messages[:(len(s.Messages)+1)/2]))
	r.need(d.start(old.factory))
	r.need(old.call("Close of the old worker", func() { _ = shut(old.worker) }))
	before := s.delivered(nil)
	r.need(d.handle(s.twice()))
	r.need(d.end())
	r.need(d.close())
	if d.a.written = s.delivered(before); !s.Features.Random && !s.Features.Stateful {
		r.compare("by a new worker", d.a, s.single())
	}
}
