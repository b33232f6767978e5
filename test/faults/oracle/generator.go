// Package oracle tells whether messages were lost, repeated, put in another order
// or changed. It makes numbered messages that can be made again from their number,
// and an [Account] of what became of each: what its source saw acknowledged, what
// sinks received, what the quarantine holds, what was dropped on purpose. It knows
// nothing of pipelines, so that it cannot share a mistake with them.
package oracle

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"strconv"
)

// Fate is what shall become of a message. It is written into the message, for the
// stages of a pipeline to act on.
type Fate string

// The fates. The zero value stands for Deliver.
const (
	Deliver Fate = "deliver"
	Fail    Fate = "fail"  // some stage lets it fail: it must end in quarantine, and nowhere else
	Drop    Fate = "drop"  // some stage drops it: it must end nowhere
	Retry   Fate = "retry" // some stage retries it at first; it must be delivered
)

// Share gives a fate to so many of a thousand messages.
type Share struct {
	Fate     Fate
	PerMille int
}

// Generator makes messages. The same generator makes the same message of a number,
// every time and in every process. It may be used from any number of goroutines.
type Generator struct {
	Seed uint64
	// Keys is how many keys there are; 0 stands for 16.
	Keys int
	// Pad is how many random bytes a message has at most; 0 stands for 100.
	Pad int
	// Shares are the fates that are not Deliver.
	Shares []Share
}

// of returns the random numbers of one message.
func (g *Generator) of(seq uint64) *rand.Rand {
	return rand.New(rand.NewPCG(g.Seed, seq))
}

// Fate is the fate of a message.
func (g *Generator) Fate(seq uint64) Fate {
	at := g.of(seq).IntN(1000)
	for _, s := range g.Shares {
		if at < s.PerMille {
			return s.Fate
		}
		at -= s.PerMille
	}
	return Deliver
}

// Key is the key of a message.
func (g *Generator) Key(seq uint64) string {
	return "k" + strconv.FormatUint(uint64(g.of(seq^0x9E3779B97F4A7C15).IntN(g.keys())), 10)
}

func (g *Generator) keys() int {
	if g.Keys == 0 {
		return 16
	}
	return g.Keys
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-"

// Append appends a message to dst: a line of JSON without a newline, the last
// member of which is a checksum of all before it.
func (g *Generator) Append(dst []byte, seq uint64) []byte {
	start := len(dst)
	dst = append(dst, `{"seq":`...)
	dst = strconv.AppendUint(dst, seq, 10)
	dst = append(append(append(dst, `,"key":"`...), g.Key(seq)...), `","fate":"`...)
	dst = append(append(dst, g.Fate(seq)...), `","pad":"`...)
	random := g.of(^seq)
	most := g.Pad
	if most == 0 {
		most = 100
	}
	for n := random.IntN(most + 1); n > 0; n-- {
		dst = append(dst, letters[random.Uint32()&63])
	}
	sum := crc32.Checksum(dst[start:], castagnoli)
	return fmt.Appendf(dst, `","sum":"%08x"}`, sum)
}

// Message is a message of its own memory.
func (g *Generator) Message(seq uint64) []byte { return g.Append(nil, seq) }

// Parse returns the number of a message. It is an error if anything in the message
// is not as it was made.
func (g *Generator) Parse(message []byte) (seq uint64, err error) {
	rest, ok := bytes.CutPrefix(message, []byte(`{"seq":`))
	end := bytes.IndexByte(rest, ',')
	if !ok || end < 0 {
		return 0, fmt.Errorf("no message: %q", cut(message))
	}
	seq, err = strconv.ParseUint(string(rest[:end]), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("no message: %q", cut(message))
	}
	var made [512]byte
	if want := g.Append(made[:0], seq); !bytes.Equal(want, message) {
		return 0, fmt.Errorf("message %d was changed: %q instead of %q", seq, cut(message), cut(want))
	}
	return seq, nil
}

func cut(message []byte) []byte {
	if len(message) > 300 {
		return append(bytes.Clone(message[:300]), "…"...)
	}
	return message
}
