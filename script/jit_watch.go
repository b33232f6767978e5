package script

import (
	"fmt"
	"sync"
	"time"

	"github.com/gopiper/gopiper/script/luajit"
)

// watched are the states of LuaJIT of the process. They are looked at now and then
// for as long as there are any: LuaJIT cannot be interrupted, so that a function
// that does not return can only end the process, and name itself.
var watched watch

type watch struct {
	mutex    sync.Mutex
	states   map[*luajit.State]*watching
	timer    *time.Timer // nil before the first state
	interval time.Duration
}

// watching is what is known of a state.
type watching struct {
	limit  time.Duration
	report func(message string)
	begun  uint32
	name   string
	since  time.Time // when it was first seen at this message
}

// looksPerLimit is how often states are looked at while a function could take as
// long as it may.
const looksPerLimit = 10

func (w *watch) add(s *luajit.State, options Options) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.states == nil {
		w.states = make(map[*luajit.State]*watching)
	}
	w.states[s] = &watching{limit: options.LuaJITLimit, report: options.Stuck}
	interval := min(time.Second, max(options.LuaJITLimit/looksPerLimit, time.Millisecond))
	switch {
	case w.timer == nil:
		w.interval = interval
		w.timer = time.AfterFunc(interval, w.look)
	case len(w.states) == 1 || interval < w.interval:
		w.interval = interval
		w.timer.Reset(interval)
	}
}

func (w *watch) remove(s *luajit.State) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	delete(w.states, s)
	if len(w.states) == 0 && w.timer != nil {
		w.timer.Stop()
	}
}

// look reports what has been running for too long.
func (w *watch) look() {
	now := time.Now()
	w.mutex.Lock()
	var stuck []func()
	for s, state := range w.states {
		name, _ := s.Running()
		begun := s.Begun()
		if name == "" || name != state.name || begun != state.begun {
			state.name, state.begun, state.since = name, begun, now
			continue
		}
		if took := now.Sub(state.since); took >= state.limit {
			state.since = now
			message := fmt.Sprintf("%s has been running for %v and LuaJIT cannot be interrupted: the process ends; "+
				"is there a loop without an end? With engine = \"gopher-lua\" only the message would fail",
				name, took.Round(time.Millisecond))
			stuck = append(stuck, func() { state.report(message) })
		}
	}
	if len(w.states) > 0 {
		w.timer.Reset(w.interval)
	}
	w.mutex.Unlock()
	for _, report := range stuck {
		report()
	}
}
