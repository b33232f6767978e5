package script

import (
	"fmt"
	"runtime"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/script/luajit"
)

// jitSeat is one use of a function at a place, on LuaJIT.
type jitSeat struct {
	function *Function
	at       place
	counts   bool // whether the place is given back
	place    *jitPlace
	state    *jitState
	table    *jitTable // that this is a part of; nil if it is none

	// apply is handed what became of each message, with its number in the call.
	apply func(i int, r luajit.Result)

	view      view
	messages  []component.Message // those of the call that is going on
	first     int                 // number of the first of them in the batch
	current   int                 // the message that the view is of; -1 for none
	applied   int                 // how many of them were handed to apply
	documents []jitDocument       // those that were opened for it
	copies    []*view             // and its copies
	emitted   []jitPart           // of all messages of the call
	snapshots []part              // copies that were returned, of the call
	failures  []jitFailure        // of the call, in order
	buffer    []byte

	emittedBytes int   // for the message at hand
	limited      []int // messages for which too much was emitted

	oneOf     [1]component.Message
	oneReport [1]component.Report
}

// jitPart is what was emitted for a message.
type jitPart struct {
	message int
	part    part
}

// jitFailure is why what was written in a message's msg.json could not be given to
// it.
type jitFailure struct {
	message int
	err     error
}

func (s *jitSeat) label() string { return s.function.script.compiled[s.function.ordinal].label }

// open gets the place, and evaluates the script there unless that was done.
func (s *jitSeat) open() error {
	if s.place == nil {
		s.place = s.function.script.jits.enter(s.at, s.counts)
	}
	s.place.mutex.Lock()
	defer s.place.mutex.Unlock()
	_, err := s.place.enter(s.function.script)
	return err
}

func (s *jitSeat) close() {
	if s.place != nil && s.counts {
		s.function.script.leaveJIT(s.at, s.place)
	}
	s.place = nil
}

// run calls the function with messages and hands what became of each to apply. It
// returns how many were handled.
func (s *jitSeat) run(messages []component.Message) (int, error) {
	p, st, err := s.take()
	if err != nil {
		return 0, err
	}
	defer s.give(p, st)
	batch := st.lua.Batch()
	batch.Reset()
	added := 0
	for added < len(messages) && add(batch, messages[added]) {
		added++
	}
	if added == 0 {
		return 0, fmt.Errorf("a message is too large for LuaJIT")
	}
	function := st.functions[s.function.ordinal]
	for handled := 0; handled < added; {
		s.messages, s.first, s.current, s.applied = messages[handled:added], handled, -1, 0
		n, err := function.Call(batch)
		if err != nil {
			s.forgetCall()
			p.close()
			return handled, s.function.script.jitError(err)
		}
		s.endMessage(batch)
		s.applyUpTo(n, batch)
		s.forgetCall()
		handled += n
	}
	if s.table == nil {
		s.bound(p)
	}
	return added, nil
}

// applyUpTo hands on what became of the messages of the call before one.
func (s *jitSeat) applyUpTo(to int, batch *luajit.Batch) {
	for ; s.applied < to; s.applied++ {
		s.apply(s.applied, batch.Settled(s.applied))
	}
}

// take takes the place for the caller alone, with its Lua state, until that is given
// back.
func (s *jitSeat) take() (*jitPlace, *jitState, error) {
	if s.place == nil {
		s.place = s.function.script.jits.enter(s.at, s.counts)
	}
	p := s.place
	p.mutex.Lock()
	st, err := p.enter(s.function.script)
	if err != nil {
		p.mutex.Unlock()
		return nil, nil, err
	}
	s.state, st.seat = st, s
	st.lua.SetHost(st)
	return p, st, nil
}

func (s *jitSeat) give(p *jitPlace, st *jitState) {
	st.lua.SetHost(nil)
	st.seat, s.messages = nil, nil
	p.mutex.Unlock()
}

func add(batch *luajit.Batch, m component.Message) bool {
	standard, ok := m.(component.StandardMessage)
	if !ok {
		return batch.Add(m.GetData(), "", 0)
	}
	if !batch.Add(m.GetData(), standard.Key(), standard.Timestamp()) {
		return false
	}
	for name, value := range standard.Attributes {
		if !batch.AddAttribute(name, value) {
			return false
		}
	}
	return true
}

// forgetCall forgets what was kept for the messages of a call.
func (s *jitSeat) forgetCall() {
	s.view.end()
	clear(s.emitted)
	clear(s.snapshots)
	s.emitted, s.snapshots, s.failures, s.copies = s.emitted[:0], s.snapshots[:0], s.failures[:0], nil
	s.limited = s.limited[:0]
	s.documents = s.documents[:0]
}

// begin makes the view one of the message that is handled.
func (s *jitSeat) begin(c *luajit.Call) {
	if i := c.Message(); i != s.current {
		batch := s.state.lua.Batch()
		s.endMessage(batch)
		if s.table != nil {
			s.applyUpTo(i, batch)
		}
		s.view.begin(s.messages[i])
		s.current, s.emittedBytes = i, 0
	}
}

// endMessage gives the message of the view what was written in msg.json, if the
// function has not failed.
func (s *jitSeat) endMessage(batch *luajit.Batch) {
	if s.current < 0 {
		return
	}
	if s.view.json != nil && s.view.json.changed && flows(batch.Settled(s.current)) {
		if err := s.view.flush(); err != nil {
			s.failures = append(s.failures, jitFailure{s.current, err})
		}
	}
	if s.table != nil { // what it has done counts for the messages behind it
		s.applyUpTo(s.current+1, batch)
	}
	s.view.end()
	s.documents, s.copies, s.current = s.documents[:0], nil, -1
}

// flows tells whether a message is to have what was written in it.
func flows(r luajit.Result) bool {
	switch r.Outcome() {
	case luajit.Done:
		return true
	case luajit.Status:
		return (component.Report{Status: r.Status()}).Class() != component.ClassDrop
	case luajit.Split:
		return r.Status() == 1
	}
	return false
}

// bound closes a state that has grown too large.
func (s *jitSeat) bound(p *jitPlace) {
	if s.overweight(p) {
		p.close()
	}
}

// overweight tells, and says so once, that a state has grown too large.
func (s *jitSeat) overweight(p *jitPlace) bool {
	limit := s.function.script.options.LuaJITMemory
	if p.state.lua.Memory() <= limit {
		return false
	}
	err := p.state.lua.Collect()
	size := p.state.lua.Memory()
	if err == nil && size <= limit {
		return false
	}
	s.function.script.options.Print(s.function.position(), fmt.Sprintf("the Lua state of %s has taken %d MiB, more than the %d MiB it may: "+
		"it is replaced, and what functions keep in variables begins anew", s.label(), size>>20, limit>>20))
	return true
}

// tryLuaJIT evaluates the script on LuaJIT, if any function is to run there, to
// find what is wrong before anything runs.
func (s *Script) tryLuaJIT() error {
	for i := range s.compiled {
		if s.compiled[i].onLuaJIT {
			st, err := s.newJIT()
			if err != nil {
				return err
			}
			st.close()
			break
		}
	}
	return nil
}

// freeUnused has the state freed once nobody can use it any more.
func (st *jitState) freeUnused() {
	st.unused = runtime.AddCleanup(st, func(lua *luajit.State) {
		watched.remove(lua)
		lua.Close()
	}, st.lua)
}
