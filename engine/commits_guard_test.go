package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
)

// recorded is a shelf that notes every update, and what of it is durable.
type recorded struct {
	*shelf
	filling sync.Mutex // one fill runs at a time, and the updates stay in their order

	mu      sync.Mutex
	updates []*recordedUpdate
	durable map[string]bool // "frame 7", "quarantine 7", "state 7": the data of messages; "position 7"
	held    bool            // nothing is committed
	waiting []func()
}

type recordedUpdate struct {
	sync          bool
	puts, deletes []string // keys
	keeps         []string // what is durable once it is committed
}

func newRecorded() *recorded {
	return &recorded{shelf: newShelf(nil, 1), durable: map[string]bool{}}
}

type recordingTx struct {
	Tx
	store  *recorded
	update *recordedUpdate
}

func (t recordingTx) Put(key, value []byte) {
	t.Tx.Put(key, value)
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	t.update.puts = append(t.update.puts, string(key))
	switch {
	case isFrame(string(key)):
		raw := &component.Batch{}
		plain, err := t.store.Unpack(nil, value)
		if err == nil && readFrame(plain, raw) == nil {
			for i := range raw.Len() {
				t.update.keeps = append(t.update.keeps, "frame "+string(raw.Data(i)))
			}
		}
	case key[0] == quarantineKey:
		entry := Quarantined{}
		if _, _, _, packed, ok := entryHead(value); ok {
			plain, _ := t.store.Unpack(nil, packed)
			if entry.read(plain) == nil {
				t.update.keeps = append(t.update.keeps, "quarantine "+string(entry.Data))
			}
		}
	case key[0] == stateKey:
		t.update.keeps = append(t.update.keeps, "state "+string(key[bytes.LastIndexByte(key, 0)+1:]))
	case key[0] == positionKey:
		t.update.keeps = append(t.update.keeps, "position "+string(value))
	}
}

func (t recordingTx) Delete(key []byte) {
	t.Tx.Delete(key)
	t.update.deletes = append(t.update.deletes, string(key))
}

func isFrame(key string) bool {
	parts := strings.SplitN(key, "\x00", 3)
	return key[0] == bufferKey && len(parts) == 3 && parts[2][0] == 'f'
}

// Update implements Store. While the store is held, an update that was filled waits.
func (s *recorded) Update(sync bool, fill func(Tx), done func()) {
	u := &recordedUpdate{sync: sync}
	told := func() {
		s.mu.Lock()
		for _, k := range u.keeps {
			s.durable[k] = true
		}
		s.mu.Unlock()
		if done != nil {
			done()
		}
	}
	s.filling.Lock()
	defer s.filling.Unlock()
	s.mu.Lock()
	s.updates = append(s.updates, u)
	held := s.held
	s.mu.Unlock()
	if !held {
		s.shelf.Update(sync, func(tx Tx) { fill(recordingTx{tx, s, u}) }, told)
		return
	}
	var later shelfUpdate
	fill(recordingTx{shelfTx{&later}, s, u})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, func() {
		s.shelf.Update(sync, func(tx Tx) {
			for _, c := range later.changes {
				if c.value == nil {
					tx.Delete(c.key)
				} else {
					tx.Put(c.key, c.value)
				}
			}
		}, told)
	})
}

// hold keeps what is given to the store from now on from being committed.
func (s *recorded) hold() {
	s.filling.Lock()
	defer s.filling.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
}

// letGo commits what was held, and what comes.
func (s *recorded) letGo() {
	s.filling.Lock()
	defer s.filling.Unlock()
	s.mu.Lock()
	waiting := s.waiting
	s.held, s.waiting = false, nil
	s.mu.Unlock()
	for _, update := range waiting {
		update()
	}
}

// waits tells that something is held.
func (s *recorded) waits() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.waiting) > 0
}

// given tells that something was put, and perhaps not committed.
func (s *recorded) given(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.updates, func(u *recordedUpdate) bool { return slices.Contains(u.keeps, what) })
}

// has tells that something is durable.
func (s *recorded) has(what string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.durable[what]
}

// What must survive a loss of power is committed with a sync; frames of a buffer that
// was told not to are not.
func TestGuardSync(t *testing.T) {
	for _, noSync := range []bool{false, true} {
		t.Run(fmt.Sprintf("sync = %v", !noSync), func(t *testing.T) {
			store := newRecorded()
			defer store.close()
			tally := &tallying{fails: func(i int) bool { return i%10 == 3 }}
			keep := bufferStage("keep")
			keep.Buffer.NoSync = noSync
			p := newPipeline(t, Config{Name: "test", Store: store, Stages: []*Stage{
				(&counting{n: 200, batch: 10}).stage(), keep, tally.stage(), (&collector{}).stage()}})
			runPipeline(t, p)
			if err := tally.state.Put(nil, []byte("own"), nil, time.Time{}); err != nil {
				t.Fatal(err)
			}
			kept := NewQuarantine(store)
			list := listed(t, kept)
			if n, err := kept.Replay(list[0].ID); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			if n, err := kept.Remove(list[0].ID); n != 1 || err != nil {
				t.Fatal(n, err)
			}
			seen := map[string]int{}
			for _, u := range store.updates {
				kinds := u.kinds()
				for _, kind := range kinds {
					seen[kind]++
				}
				frame := slices.Contains(kinds, "put b")
				switch {
				case u.sync && frame && noSync:
					t.Errorf("a frame is synced, though the buffer was told not to: %q", u.puts)
				case !u.sync && !(frame && noSync) && len(kinds) > 0:
					t.Errorf("not synced: puts %q, deletes %q", u.puts, u.deletes)
				}
			}
			for _, kind := range []string{"put a", "delete a", "put b", "delete b", "put p", "put q", "delete q", "put r", "put s"} {
				if seen[kind] == 0 {
					t.Errorf("there was no update with %s", kind)
				}
			}
		})
	}
}

// kinds are what is put and deleted, by the first bytes of the keys; of a buffer only
// its frames.
func (u *recordedUpdate) kinds() (kinds []string) {
	for word, keys := range map[string][]string{"put ": u.puts, "delete ": u.deletes} {
		for _, key := range keys {
			if key[0] != bufferKey || isFrame(key) {
				kinds = append(kinds, word+key[:1])
			}
		}
	}
	return kinds
}

// telling is a source of n messages, in batches, that looks at what is durable when it
// is told that they are settled.
type telling struct {
	n, batch  int
	positions bool
	durable   func(message string) bool

	told  atomic.Int64
	early atomic.Int64
}

func (s *telling) Handle(component.Message, component.HandledCallback) {}

func (s *telling) Run(_ context.Context, out component.Output) error {
	for i := 0; i < s.n; {
		b := out.Batch()
		for ; i < s.n && b.Len() < s.batch; i++ {
			b.Append(fmt.Appendf(nil, "%d", i))
		}
		if s.positions {
			b.SetPosition("", fmt.Append(nil, i))
		}
		b.OnSettled = func(b *component.Batch) {
			for j := range b.Len() {
				s.look(string(b.Data(j)))
			}
		}
		if !out.Emit(b) {
			return nil
		}
	}
	return nil
}

func (s *telling) look(message string) {
	s.told.Add(1)
	if !s.durable(message) {
		s.early.Add(1)
	}
}

func (s *telling) stage() *Stage {
	return &Stage{Kind: "component", Name: "telling", Component: "telling",
		Factory:     factory{create: func(chan component.Message) component.Component { return s }},
		Declaration: &component.Declaration{Name: "telling", Roles: component.Source, Interfaces: component.IsRunner}}
}

// toldMessage is a message of a source's own.
type toldMessage struct {
	data   []byte
	status component.Report
	source *telling
}

func (m *toldMessage) SetData(data []byte)       { m.data = data }
func (m *toldMessage) GetData() []byte           { return m.data }
func (m *toldMessage) Status() *component.Report { return &m.status }
func (m *toldMessage) Release()                  { m.source.look(string(m.data)) }

// objects is the same source with messages of its own.
func (s *telling) objects() *Stage {
	return plainStage("telling", func(postponed chan component.Message) component.Component {
		go func() {
			for i := range s.n {
				postponed <- &toldMessage{data: fmt.Appendf(nil, "%d", i), source: s}
			}
			close(postponed)
		}()
		return seedSource{}
	})
}

// noting puts every message into its state.
type noting struct{ state component.State }

func (n *noting) Open(ctx context.Context) error {
	n.state = component.StateOf(ctx)
	return nil
}

func (n *noting) Handle(m component.Message, done component.HandledCallback) {
	if err := n.state.Put(m, m.GetData(), []byte("seen"), time.Time{}); err != nil {
		done(component.Report{Status: component.Fail, Description: err.Error()})
		return
	}
	done(component.Report{})
}

func notingStage() *Stage {
	return &Stage{Kind: "component", Name: "noting", Component: "noting",
		Factory:     factory{create: func(chan component.Message) component.Component { return &noting{} }},
		Declaration: &component.Declaration{Name: "noting", Roles: component.Processor, Interfaces: component.IsOpener, Sync: true}}
}

// splitting makes two of every message: "7a" and "7b".
func splittingStage() *Stage {
	return plainStage("split", func(postponed chan component.Message) component.Component {
		return handler(func(m component.Message, done component.HandledCallback) {
			for _, letter := range []string{"a", "b"} {
				postponed <- component.NewMessage(append(slices.Clone(m.GetData()), letter...), m)
			}
			done(component.Report{Status: component.Drop})
		})
	})
}

// A source is told that a message is settled only once all that was promised with
// it is durable. Nothing is told while the store commits nothing, and everything when
// it does again.
func TestGuardToldOnceDurable(t *testing.T) {
	all := want(1000)
	fails := failing("fails", all...)
	for name, test := range map[string]struct {
		positions, objects bool
		stages             []*Stage
		keeps              []string // for each message, with %s for its data
	}{
		"state":                 {stages: []*Stage{notingStage()}, keeps: []string{"state %s"}},
		"state and position":    {positions: true, stages: []*Stage{notingStage()}, keeps: []string{"state %s"}},
		"state behind a split":  {stages: []*Stage{splittingStage(), notingStage()}, keeps: []string{"state %sa", "state %sb"}},
		"buffer":                {stages: []*Stage{bufferStage("keep")}, keeps: []string{"frame %s"}},
		"buffer, position":      {positions: true, stages: []*Stage{bufferStage("keep")}, keeps: []string{"frame %s"}},
		"buffer, own messages":  {objects: true, stages: []*Stage{bufferStage("keep")}, keeps: []string{"frame %s"}},
		"buffer behind a split": {stages: []*Stage{splittingStage(), bufferStage("keep")}, keeps: []string{"frame %sa", "frame %sb"}},
		"split, own messages":   {objects: true, stages: []*Stage{splittingStage(), bufferStage("keep")}, keeps: []string{"frame %sa", "frame %sb"}},
		"quarantine":            {stages: []*Stage{fails}, keeps: []string{"quarantine %s"}},
		"quarantine, position":  {positions: true, stages: []*Stage{fails}, keeps: []string{"quarantine %s"}},
		"quarantine, own":       {objects: true, stages: []*Stage{fails}, keeps: []string{"quarantine %s"}},
	} {
		t.Run(name, func(t *testing.T) {
			store := newRecorded()
			defer store.close()
			source := &telling{n: 300, batch: 10, positions: test.positions}
			source.durable = func(message string) bool {
				for _, kept := range test.keeps {
					if !store.has(fmt.Sprintf(kept, message)) {
						return false
					}
				}
				i, _ := strconv.Atoi(message)
				return !source.positions || store.has("position "+fmt.Sprint(i/10*10+10))
			}
			first := source.stage()
			if test.objects {
				first = source.objects()
			}
			stages := append([]*Stage{first}, test.stages...)
			config := Config{Name: "test", Store: store, MaxMessages: 50, BatchMax: 10, Stages: append(stages, (&collector{}).stage())}
			config.Opened = func(context.Context) error {
				store.hold()
				return nil
			}
			p := newPipeline(t, config)
			ended := make(chan error, 1)
			go func() { ended <- p.Run(t.Context()) }()
			eventually(t, func() bool { // it waits for room, or has given all
				return p.sections[0].credits.waiting.Load() > 0 || p.originated.Load() == 300 && store.waits()
			})
			if told := source.told.Load(); told > 0 {
				t.Errorf("%d messages are settled while nothing is committed", told)
			}
			store.letGo()
			if err := <-ended; err != nil {
				t.Fatal(err)
			}
			if told, early := source.told.Load(), source.early.Load(); told != 300 || early > 0 {
				t.Errorf("told of %d of 300 messages, of %d of them before all was durable", told, early)
			}
		})
	}
}
