package oracle

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Order is the order in which messages must arrive at a sink for the first time.
type Order string

// The orders. The zero value stands for None.
const (
	None  Order = ""
	Total Order = "total" // as they were originated
	ByKey Order = "key"   // as they were originated, for each key
)

// Account is what became of each message. Its methods may be called from any
// goroutine.
type Account struct {
	generator *Generator

	mu       sync.Mutex
	messages []message // by number
	order    []uint32  // numbers by their first delivery
	problems []string
	crashes  int64
}

// message is what is known of one.
type message struct {
	delivered, quarantined, dropped uint16
	acked                           bool
}

func (m *message) effects() int { return int(m.delivered) + int(m.quarantined) }

// NewAccount returns an account of the messages that a generator makes.
func NewAccount(generator *Generator) *Account { return &Account{generator: generator} }

// Generator is what makes the account's messages.
func (a *Account) Generator() *Generator { return a.generator }

func (a *Account) at(seq uint64) *message {
	if seq >= uint64(len(a.messages)) {
		a.messages = append(a.messages, make([]message, seq+1-uint64(len(a.messages)))...)
	}
	return &a.messages[seq]
}

// problem notes what is wrong; of very many, some are enough.
func (a *Account) problem(format string, values ...any) {
	if len(a.problems) < 20 {
		a.problems = append(a.problems, fmt.Sprintf(format, values...))
	}
}

// Acked notes that the source was told that a message is settled.
func (a *Account) Acked(seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at(seq).acked = true
}

// Delivered notes what a sink has received.
func (a *Account) Delivered(data []byte) {
	seq, err := a.generator.Parse(data)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.problem("delivered: %v", err)
		return
	}
	m := a.at(seq)
	if m.delivered++; m.delivered == 1 {
		a.order = append(a.order, uint32(seq))
	}
}

// DeliveredLines notes the lines that a file holds, and returns how many bytes
// they take: what is behind the last newline is not taken.
func (a *Account) DeliveredLines(content []byte) (taken int) {
	for {
		line, _, ok := bytes.Cut(content[taken:], []byte("\n"))
		if !ok {
			return taken
		}
		a.Delivered(line)
		taken += len(line) + 1
	}
}

// Quarantined notes what the quarantine holds.
func (a *Account) Quarantined(data []byte) {
	seq, err := a.generator.Parse(data)
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil {
		a.problem("in quarantine: %v", err)
		return
	}
	m := a.at(seq)
	m.quarantined++
}

// Dropped notes that a message was dropped though it was to be delivered, in a way
// that is allowed, such as by a full buffer that was told to.
func (a *Account) Dropped(seq uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.at(seq).dropped++
}

// Crashed notes that the process died.
func (a *Account) Crashed() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.crashes++
}

// Terms are what an account must fulfil.
type Terms struct {
	// Originated: the messages below this number were all originated, and must all
	// have come through. Of others, those that were acknowledged must.
	Originated uint64
	// Duplicates is how many effects may come twice for one crash.
	Duplicates int64
	// Poisoned: so many messages may be in quarantine that were not to fail.
	Poisoned int64
	// Order of first deliveries.
	Order Order
}

// Totals are the sums of an account.
type Totals struct {
	Acked, Delivered, Quarantined, Dropped, Duplicates, Poisoned, Lost, Crashes int64
}

// String says all of them.
func (t Totals) String() string {
	return fmt.Sprintf("acknowledged %d, delivered %d, quarantined %d, dropped %d, twice %d, crashes %d, lost %d",
		t.Acked, t.Delivered, t.Quarantined, t.Dropped, t.Duplicates, t.Crashes, t.Lost)
}

// Audit returns the sums, and an error that says everything that is not as the
// terms want it.
func (a *Account) Audit(terms Terms) (Totals, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	v := verdict{account: a, terms: terms, problems: slices.Clone(a.problems)}
	v.totals.Crashes = a.crashes
	if terms.Originated > 0 {
		a.at(terms.Originated - 1)
	}
	for seq := range a.messages {
		v.judge(uint64(seq), &a.messages[seq])
	}
	v.judgeOrder()
	if most := terms.Duplicates * a.crashes; v.totals.Duplicates > most {
		v.problem("%d effects came twice; after %d crashes %d may at most", v.totals.Duplicates, a.crashes, most)
	}
	if v.totals.Poisoned > terms.Poisoned {
		v.problem("%d messages were not to fail and are in quarantine; %d may be at most", v.totals.Poisoned, terms.Poisoned)
	}
	v.list("lost", v.lost)
	v.list("flowed on though they were to fail or to be dropped", v.flowed)
	if len(v.problems) == 0 {
		return v.totals, nil
	}
	return v.totals, errors.New(v.totals.String() + ":\n" + strings.Join(v.problems, "\n"))
}

// verdict is what an audit finds.
type verdict struct {
	account      *Account
	terms        Terms
	totals       Totals
	problems     []string
	lost, flowed []uint64
}

func (v *verdict) problem(format string, values ...any) {
	v.problems = append(v.problems, fmt.Sprintf(format, values...))
}

// list says which messages something is wrong with.
func (v *verdict) list(what string, seqs []uint64) {
	if n := len(seqs); n > 0 {
		v.problem("%d messages %s: %v, the last is %d", n, what, seqs[:min(n, 20)], seqs[n-1])
	}
}

// judge judges one message.
func (v *verdict) judge(seq uint64, m *message) {
	t := &v.totals
	if m.acked {
		t.Acked++
	}
	t.Delivered += int64(min(m.delivered, 1))
	t.Quarantined += int64(min(m.quarantined, 1))
	t.Dropped += int64(min(m.dropped, 1))
	t.Duplicates += int64(max(m.effects()-1, 0))
	owed := m.acked || seq < v.terms.Originated
	switch v.account.generator.Fate(seq) {
	case Fail:
		if m.delivered > 0 {
			v.flowed = append(v.flowed, seq)
		}
		if owed && m.quarantined == 0 && m.dropped == 0 {
			v.lost = append(v.lost, seq)
		}
	case Drop:
		if m.delivered > 0 {
			v.flowed = append(v.flowed, seq)
		}
		if m.quarantined > 0 {
			t.Poisoned++
		}
	default:
		if m.quarantined > 0 {
			t.Poisoned++
		}
		if owed && m.effects() == 0 && m.dropped == 0 {
			v.lost = append(v.lost, seq)
		}
	}
	t.Lost = int64(len(v.lost))
}

// judgeOrder looks at the order of first deliveries.
func (v *verdict) judgeOrder() {
	if v.terms.Order == None {
		return
	}
	last := map[string]uint32{}
	wrong := 0
	for _, seq := range v.account.order {
		key := ""
		if v.terms.Order == ByKey {
			key = v.account.generator.Key(uint64(seq))
		}
		if before, ok := last[key]; ok && before > seq {
			if wrong++; wrong <= 5 {
				v.problem("message %d came first after message %d had", seq, before)
			}
		}
		last[key] = max(last[key], seq)
	}
	if wrong > 5 {
		v.problem("%d messages came out of order in all", wrong)
	}
}

// Delivers tells how many different messages were delivered.
func (a *Account) Delivers() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.order)
}
