package engine

import (
	"context"
	"fmt"
	"time"

	"github.com/gopiper/gopiper/component"
)

// Store keeps what must survive the process: keys with values, in the order of
// their bytes, changed by atomic commits. Its methods may be called from any
// goroutine. See package store.
type Store interface {
	// Update adds changes to the next commit. fill is called once, before Update
	// returns, and while no other fill runs: the order of the fills is the order
	// of the changes. What one fill puts and deletes is committed together. Once
	// it is committed, and if sync is set the disk has it, done is called, if it
	// is not nil: in the order of the fills, one at a time, from a goroutine of
	// the store's. It must not block. When the store fails for good, or is
	// closed, done is never called.
	Update(sync bool, fill func(Tx), done func())

	// Get returns a copy of a committed value, nil if there is none. A value that is
	// empty is not nil.
	Get(key []byte) ([]byte, error)

	// Scan calls yield for every committed key from first up to, but without,
	// end, in their order, until it returns false. Key and value are valid during
	// the call only.
	Scan(first, end []byte, yield func(key, value []byte) bool) error

	// Pack appends plain to dst in a compressed form, Unpack does the reverse. An
	// error means that packed is damaged.
	Pack(dst, plain []byte) []byte
	Unpack(dst, packed []byte) ([]byte, error)

	// Mark keeps a short mark under a name, in place of the one before. It is
	// there after the process has died, but need not be after a loss of power: it
	// costs no more than a system call. Marked returns it, nil if there is none.
	Mark(name string, mark []byte) error
	Marked(name string) ([]byte, error)

	// Health says in a sentence what keeps the store from committing at the
	// moment, such as a full disk; "" if nothing does.
	Health() string

	// Failed is closed when the store has failed for good; Err says why then.
	Failed() <-chan struct{}
	Err() error
}

// Tx takes the changes of one Update. What it is given is copied.
type Tx = interface {
	Put(key, value []byte)
	Delete(key []byte)
}

// Quarantined is a message that failed and is kept.
type Quarantined struct {
	ID          uint64    `json:"id"` // grows in the order of failing; unique in a store
	Pipeline    string    `json:"pipeline"`
	Stage       string    `json:"stage"` // where it failed
	Status      int       `json:"status"`
	Description string    `json:"description"` // with the stack of a panic
	Attempts    int       `json:"attempts"`
	Time        time.Time `json:"time"` // when it failed
	// ReplayOf is the number that the message had before it was replayed and failed
	// again; 0 if it was not.
	ReplayOf uint64 `json:"replay_of,omitempty"`
	// Data, Key, Timestamp and Attributes are the message's as it reached the
	// failing stage.
	Data       []byte            `json:"data"`
	Key        string            `json:"key,omitempty"`
	Timestamp  int64             `json:"timestamp,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	// Replaying is set when it was asked to be replayed and is not settled yet.
	Replaying bool `json:"replaying,omitempty"`
}

// waitFor makes changes and waits until they are durable.
func waitFor(store Store, fill func(Tx)) error {
	done := make(chan struct{})
	store.Update(true, fill, func() { close(done) })
	select {
	case <-done:
		return nil
	case <-store.Failed():
		return store.Err()
	}
}

// durable makes what a pipeline with a store needs.
func (p *Pipeline) durable() {
	if p.config.Store == nil {
		return
	}
	p.ledger = newLedger(p)
	p.custody = p.newCustody()
	p.replayer = newReplayer(p)
	p.watchman = &watchman{p: p}
}

// openDurable reads what earlier runs have left.
func (p *Pipeline) openDurable() error {
	if p.config.Store == nil {
		return nil
	}
	if err := p.config.Store.Err(); err != nil {
		return err
	}
	if err := p.config.Kept.count(); err != nil {
		return err
	}
	for _, b := range p.buffers {
		if err := b.load(); err != nil {
			return fmt.Errorf("buffer %s: %w", b.stage.config.Name, err)
		}
	}
	for _, s := range p.stages {
		if s.state == nil {
			s.state = p.newState(s)
		}
	}
	return p.watchman.enter()
}

// context is what the stage's component finds in its Open and Run.
func (s *stage) context(ctx context.Context) context.Context {
	if s.state == nil {
		s.state = s.p.newState(s)
	}
	ctx = component.WithState(ctx, s.state)
	return component.WithPositions(ctx, func() component.Positions {
		positions, err := s.p.loadPositions(s)
		if err != nil {
			s.p.failWith(s.errorf("reading its positions: %w", err))
		}
		return positions
	})
}

// wakeBuffers lets what waits for room in a buffer look again.
func (p *Pipeline) wakeBuffers() {
	for _, b := range p.buffers {
		b.mu.Lock()
		b.room.Broadcast()
		b.mu.Unlock()
	}
}

// lookDurable is the watch's look at the store.
func (p *Pipeline) lookDurable() {
	if p.ledger == nil {
		return
	}
	select {
	case <-p.config.Store.Failed():
		p.failStore()
	default:
		p.custody.look()
	}
}

// failStore ends a run whose store has failed: nothing can be settled any more.
func (p *Pipeline) failStore() {
	if p.storeFailed.Swap(true) {
		return
	}
	p.failWith(fmt.Errorf("the state directory cannot be used any more, so nothing more is settled: %w", p.config.Store.Err()))
	p.abort()
}

// sweep removes what has expired.
func (p *Pipeline) sweep() {
	for _, s := range p.stages {
		if s.state != nil {
			s.state.sweep()
		}
	}
	if p.custody != nil {
		p.custody.expire()
	}
}

// notReady says what keeps the pipeline from its work.
func (p *Pipeline) notReady() []string {
	var reasons []string
	if p.config.Store != nil {
		if err := p.config.Store.Err(); err != nil {
			reasons = append(reasons, err.Error())
		} else if h := p.config.Store.Health(); h != "" {
			reasons = append(reasons, h)
		}
		if p.custody.waiting() {
			reasons = append(reasons, "the quarantine is full: replay or remove something")
		}
	}
	for _, s := range p.stages {
		if t := s.trouble.Load(); t != nil && monotonic()-t.since > int64(troublesome) {
			reasons = append(reasons, fmt.Sprintf("%s: %s; it is tried again", s.config.Name, t.why))
		}
		if n := s.wedged(); n > 0 {
			reasons = append(reasons, fmt.Sprintf("%s: the component is wedged: %d of its workers do not return, or had to be given up again and again", s.config.Name, n))
		}
	}
	return reasons
}
