package script

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// keptMessage is a message that keeps account of how it ends.
type keptMessage struct {
	component.StandardMessage
	name string

	mu      sync.Mutex
	holds   int
	outcome component.Report
	ended   string
}

func (m *keptMessage) end(how string, outcome component.Report) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holds--; m.holds < 0 {
		panic(m.name + " was ended more often than it was held")
	}
	m.outcome = component.Worse(m.outcome, outcome)
	if how != "" {
		m.ended = how
	}
}

func (m *keptMessage) Derive() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.holds == 0 {
		panic("something was made of " + m.name + ", which had been settled")
	}
	m.holds++
}

func (m *keptMessage) DerivedSettled(outcome component.Report) { m.end("", outcome) }
func (m *keptMessage) Release()                                { m.end("released", component.Report{Status: component.Drop}) }
func (m *keptMessage) Fail(r component.Report)                 { m.end("failed "+r.String(), r) }

// stage runs a stage that is a table, in place of an engine.
type stage struct {
	t         *testing.T
	worker    component.Component
	postponed chan component.Message
	messages  []*keptMessage
	printed   []string
	mu        sync.Mutex
}

// openStage opens the stage whose fields are given, on line 3 and behind; what is
// before it is on line 2.
func openStage(t *testing.T, engine func(*Options), before, fields string) (*stage, error) {
	t.Helper()
	s := &stage{t: t, postponed: make(chan component.Message, 1000)}
	source := "local gopiper = require 'gopiper'\n" + before + "\ngopiper.createPipeline{ gopiper.stdin{}, {" + fields + "}, gopiper.stdout{} }"
	loaded := load(t, source, engine, func(o *Options) {
		o.Print = func(_ plan.Position, text string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.printed = append(s.printed, text)
		}
	})
	f := functionOf(loaded, 0, 1)
	s.worker = f.Create(0, 0, s.postponed)
	if extra := component.WorkerInterfaces(s.worker) ^ f.Declaration().Interfaces; extra != 0 {
		t.Errorf("the declaration and the worker differ in %v", extra)
	}
	err := s.worker.(component.Opener).Open(context.Background())
	t.Cleanup(func() {
		if s.worker != nil {
			s.close()
		}
	})
	return s, err
}

func newStage(t *testing.T, engine func(*Options), before, fields string) *stage {
	t.Helper()
	s, err := openStage(t, engine, before, fields)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *stage) close() {
	s.t.Helper()
	if err := s.worker.(component.Closer).Close(); err != nil {
		s.t.Error(err)
	}
	s.worker = nil
}

func (s *stage) flush() {
	s.t.Helper()
	if err := s.worker.(component.Flusher).Flush(context.Background()); err != nil {
		s.t.Error(err)
	}
}

// handle hands messages over together and returns their reports.
func (s *stage) handle(data ...string) string {
	s.t.Helper()
	var messages []component.Message
	for _, d := range data {
		m := &keptMessage{StandardMessage: component.NewMessage([]byte(d)), name: d, holds: 1, outcome: component.Report{Status: component.Drop}}
		messages = append(messages, m)
		s.messages = append(s.messages, m)
	}
	reports := make([]component.Report, len(messages))
	for at := 0; at < len(messages); {
		at += s.worker.(component.BatchHandler).HandleBatch(messages[at:], reports[at:])
	}
	var texts []string
	for i, r := range reports {
		if m := messages[i].(*keptMessage); r.Status != component.Continue {
			m.end("", r)
		}
		texts = append(texts, r.String())
	}
	return strings.Join(texts, "; ")
}

// sent returns what was sent on since, and delivers it.
func (s *stage) sent() string {
	var texts []string
	for len(s.postponed) > 0 {
		m := <-s.postponed
		texts = append(texts, string(m.GetData()))
		if own, ok := m.(*keptMessage); ok {
			own.end("sent", component.Report{})
			continue
		}
		if !component.Adopt(m) {
			s.t.Error("a message was sent twice")
		}
		m.Release()
	}
	return strings.Join(texts, "; ")
}

func (s *stage) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.printed, "; ")
}

// outcomes tells how the messages have ended, in their order.
func (s *stage) outcomes() string {
	var texts []string
	for _, m := range s.messages {
		m.mu.Lock()
		text := m.name + " " + m.outcome.Class().String()
		if m.holds > 0 {
			text = m.name + " kept"
		}
		if strings.HasPrefix(m.ended, "failed") {
			text = m.name + " " + m.ended
		}
		m.mu.Unlock()
		texts = append(texts, text)
	}
	return strings.Join(texts, "; ")
}

func (s *stage) want(what, got, want string) {
	s.t.Helper()
	if got != want {
		s.t.Errorf("%s: %q, want %q", what, got, want)
	}
}
