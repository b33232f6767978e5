package engine

import "time"

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

	// Last returns a copy of the last key before end that is not before first,
	// nil if there is none.
	Last(first, end []byte) ([]byte, error)

	// Pack appends plain to dst in a compressed form, Unpack does the reverse. An
	// error means that packed is damaged.
	Pack(dst, plain []byte) []byte
	Unpack(dst, packed []byte) ([]byte, error)

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
	// Data, Key, Timestamp and Attributes are the message's as it reached the
	// failing stage.
	Data       []byte            `json:"data"`
	Key        string            `json:"key,omitempty"`
	Timestamp  int64             `json:"timestamp,omitempty"`
	Attributes map[string]string `json:"attributes,omitempty"`
	// Replaying is set when it was asked to be replayed and is not settled yet.
	Replaying bool `json:"replaying,omitempty"`
}
