package oracle

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stream is the messages 0 to n-1, as a sink would get them.
func stream(g *Generator, n int) [][]byte {
	list := make([][]byte, n)
	for i := range list {
		list[i] = g.Message(uint64(i))
	}
	return list
}

// The oracle finds what it is there to find.
func TestAudit(t *testing.T) {
	g := &Generator{Seed: 7, Keys: 3, Shares: []Share{{Fail, 100}, {Drop, 100}, {Retry, 100}}}
	var good, failed, dropped []int
	for i := range 200 {
		switch g.Fate(uint64(i)) {
		case Fail:
			failed = append(failed, i)
		case Drop:
			dropped = append(dropped, i)
		default:
			good = append(good, i)
		}
	}
	if len(good) < 100 || len(failed) < 5 || len(dropped) < 5 {
		t.Fatalf("the fates are %d, %d, %d", len(good), len(failed), len(dropped))
	}
	tests := []struct {
		name    string
		terms   Terms
		skip    []int // not delivered, not kept
		change  func(*Account)
		crashes int
		want    string // "" is no problem
	}{
		{name: "all is well", terms: Terms{Originated: 200, Order: Total}},
		{name: "lost", terms: Terms{Originated: 200}, skip: good[3:5], want: "2 messages lost"},
		{name: "lost, and only acknowledged", skip: good[3:4],
			change: func(a *Account) { a.Acked(uint64(good[3])) }, want: "1 messages lost"},
		{name: "not lost, for it was not acknowledged", skip: good[3:5]},
		{name: "lost at the end", terms: Terms{Originated: 201}, want: "1 messages lost: [200]"},
		{name: "lost from quarantine", terms: Terms{Originated: 200}, skip: failed[:1], want: "1 messages lost"},
		{name: "dropped as allowed", terms: Terms{Originated: 200}, skip: good[3:4],
			change: func(a *Account) { a.Dropped(uint64(good[3])) }},
		{name: "twice without a crash", terms: Terms{Duplicates: 10},
			change: func(a *Account) { a.Delivered(g.Message(uint64(good[0]))) }, want: "1 effects came twice; after 0 crashes 0 may"},
		{name: "twice after a crash", terms: Terms{Duplicates: 1}, crashes: 1,
			change: func(a *Account) { a.Delivered(g.Message(uint64(good[0]))) }},
		{name: "twice too often", terms: Terms{Duplicates: 1}, crashes: 1, change: func(a *Account) {
			a.Delivered(g.Message(uint64(good[0])))
			a.Delivered(g.Message(uint64(good[0])))
		}, want: "2 effects came twice"},
		{name: "delivered and in quarantine", terms: Terms{Poisoned: 1},
			change: func(a *Account) { a.Quarantined(g.Message(uint64(good[0]))) }, want: "1 effects came twice"},
		{name: "twice in quarantine", change: func(a *Account) { a.Quarantined(g.Message(uint64(failed[0]))) }, want: "1 effects came twice"},
		{name: "poisoned", terms: Terms{Originated: 200, Poisoned: 1}, skip: good[:1],
			change: func(a *Account) { a.Quarantined(g.Message(uint64(good[0]))) }},
		{name: "poisoned once too often", terms: Terms{Originated: 200}, skip: good[:1],
			change: func(a *Account) { a.Quarantined(g.Message(uint64(good[0]))) }, want: "are in quarantine; 0 may be"},
		{name: "what failed flows on", terms: Terms{}, skip: failed[:1],
			change: func(a *Account) { a.Delivered(g.Message(uint64(failed[0]))) }, want: "flowed on"},
		{name: "what was dropped flows on", change: func(a *Account) { a.Delivered(g.Message(uint64(dropped[0]))) }, want: "flowed on"},
		{name: "what was dropped is kept", change: func(a *Account) { a.Quarantined(g.Message(uint64(dropped[0]))) }, want: "are in quarantine; 0 may be"},
		{name: "out of order", terms: Terms{Order: Total}, skip: good[5:6],
			change: func(a *Account) { a.Delivered(g.Message(uint64(good[5]))) }, want: "came first after message"},
		{name: "out of order in its key", terms: Terms{Order: ByKey}, skip: good[5:6],
			change: func(a *Account) { a.Delivered(g.Message(uint64(good[5]))) }, want: "came first after message"},
		{name: "out of order, and none is asked for", skip: good[5:6],
			change: func(a *Account) { a.Delivered(g.Message(uint64(good[5]))) }},
		{name: "a byte was changed", change: func(a *Account) {
			m := g.Message(9)
			m[20] ^= 1
			a.Delivered(m)
		}, want: "was changed"},
		{name: "two became one", change: func(a *Account) { a.Delivered(append(g.Message(1), g.Message(2)...)) }, want: "was changed"},
		{name: "a message was cut", change: func(a *Account) { a.Delivered(g.Message(9)[:30]) }, want: "was changed"},
		{name: "rubbish", change: func(a *Account) { a.Quarantined([]byte("rubbish")) }, want: "no message"},
		{name: "of another seed", change: func(a *Account) { a.Delivered((&Generator{Seed: 8}).Message(4)) }, want: "was changed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := NewAccount(g)
			for _, i := range good {
				if !slices.Contains(test.skip, i) {
					a.Delivered(g.Message(uint64(i)))
				}
			}
			for _, i := range failed {
				if !slices.Contains(test.skip, i) {
					a.Quarantined(g.Message(uint64(i)))
				}
			}
			for range test.crashes {
				a.Crashed()
			}
			if test.change != nil {
				test.change(a)
			}
			totals, err := a.Audit(test.terms)
			switch {
			case test.want == "" && err != nil:
				t.Errorf("%v", err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("the error is %v; it should say %q (%v)", err, test.want, totals)
			}
		})
	}
}

// An order by key lets keys overtake each other.
func TestOrderByKey(t *testing.T) {
	g := &Generator{Seed: 1, Keys: 2}
	a := NewAccount(g)
	for _, key := range []string{"k1", "k0"} {
		for i := range 100 {
			if g.Key(uint64(i)) == key {
				a.Delivered(g.Message(uint64(i)))
			}
		}
	}
	if _, err := a.Audit(Terms{Originated: 100, Order: ByKey}); err != nil {
		t.Error(err)
	}
	if _, err := a.Audit(Terms{Originated: 100, Order: Total}); err == nil {
		t.Error("the order is not total, and that was not found")
	}
}

// A file is read up to its last newline, in any number of pieces.
func TestDeliveredLines(t *testing.T) {
	g := &Generator{Seed: 3}
	file := append(bytes.Join(stream(g, 20), []byte("\n")), '\n')
	for size := 1; size < len(file); size += 97 {
		a := NewAccount(g)
		taken := 0
		for end := size; taken < len(file); end = min(end+size, len(file)) {
			taken += a.DeliveredLines(file[taken:end])
		}
		if totals, err := a.Audit(Terms{Originated: 20, Order: Total}); err != nil || totals.Delivered != 20 {
			t.Fatalf("in pieces of %d: %v %v", size, totals, err)
		}
	}
	a := NewAccount(g)
	torn := file[:len(file)-5]
	if taken := a.DeliveredLines(torn); a.Delivers() != 19 || taken != bytes.LastIndexByte(torn, '\n')+1 {
		t.Errorf("%d messages, %d bytes of %d", a.Delivers(), taken, len(torn))
	}
}

// The same seed makes the same messages, and another one others.
func TestGenerator(t *testing.T) {
	g := &Generator{Seed: 42, Shares: []Share{{Fail, 500}}}
	again := &Generator{Seed: 42, Shares: []Share{{Fail, 500}}}
	other := &Generator{Seed: 43, Shares: []Share{{Fail, 500}}}
	for _, seq := range []uint64{0, 1, 1000, 1 << 40} {
		m := g.Message(seq)
		if !bytes.Equal(m, again.Message(seq)) || bytes.Equal(m, other.Message(seq)) {
			t.Errorf("message %d: %s", seq, m)
		}
		if got, err := g.Parse(m); got != seq || err != nil {
			t.Errorf("message %d is read as %d, %v", seq, got, err)
		}
		for i := range m {
			broken := bytes.Clone(m)
			broken[i] ^= 4
			if got, err := g.Parse(broken); err == nil {
				t.Fatalf("byte %d was changed, and the message is read as %d", i, got)
			}
		}
	}
	failed := 0
	for i := range 1000 {
		if g.Fate(uint64(i)) == Fail {
			failed++
		}
	}
	if failed < 400 || failed > 600 {
		t.Errorf("%d of 1000 are to fail, not about 500", failed)
	}
}

func BenchmarkAppend(b *testing.B) {
	g := &Generator{Seed: 1}
	var m []byte
	for i := 0; b.Loop(); i++ {
		m = g.Append(m[:0], uint64(i))
	}
	b.SetBytes(int64(len(m)))
}

func ExampleTotals() {
	a := NewAccount(&Generator{Seed: 1})
	a.Acked(0)
	totals, _ := a.Audit(Terms{})
	fmt.Println(totals)
	// Output: acknowledged 1, delivered 0, quarantined 0, dropped 0, twice 0, crashes 0, lost 1
}
