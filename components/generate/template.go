package generate

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/gopiper/gopiper/component"
)

// kind is what a part of a template stands for.
type kind uint8

const (
	literal kind = iota
	seq
	clock
	unixNano
	uuid
	random
	hexDigits
	pick
)

// placeholders are the names of all kinds but literal, in their order.
var placeholders = []string{"seq", "time", "unix_nano", "uuid", "random", "hex", "pick"}

// part is a part of a template.
type part struct {
	kind    kind
	text    string   // of a literal
	n       int64    // of random and hex
	choices []string // of pick
}

// parse takes a template apart.
func parse(text string) ([]part, error) {
	var parts []part
	for {
		before, rest, found := strings.Cut(text, "{{")
		if before != "" {
			parts = append(parts, part{text: before})
		}
		if !found {
			return parts, nil
		}
		inside, after, closed := strings.Cut(rest, "}}")
		if !closed {
			return nil, fmt.Errorf("no }} follows {{%s", rest)
		}
		p, err := placeholder(inside)
		if err != nil {
			return nil, fmt.Errorf("{{%s}}: %w", inside, err)
		}
		parts, text = append(parts, p), after
	}
}

func placeholder(inside string) (part, error) {
	name, argument, _ := strings.Cut(strings.TrimSpace(inside), " ")
	argument = strings.TrimSpace(argument)
	p := part{}
	for i, known := range placeholders {
		if name == known {
			p.kind = kind(i + 1)
		}
	}
	switch p.kind {
	case literal:
		hint := "; there are " + strings.Join(placeholders, ", ")
		if s := component.Nearest(name, placeholders); s != "" {
			hint = "; did you mean {{" + s + "}}?"
		}
		return p, fmt.Errorf("no such placeholder%s", hint)
	case random, hexDigits:
		n, err := strconv.ParseInt(argument, 10, 64)
		if err != nil || n < 1 || p.kind == hexDigits && n > 1<<20 {
			return p, fmt.Errorf("needs a whole number of 1 or more, such as {{%s 8}}", name)
		}
		p.n = n
	case pick:
		if argument == "" {
			return p, fmt.Errorf("needs texts to pick from, such as {{pick a|b}}")
		}
		p.choices = strings.Split(argument, "|")
	default:
		if argument != "" {
			return p, fmt.Errorf("takes nothing behind its name")
		}
	}
	return p, nil
}

// timeLayout is RFC 3339 with milliseconds.
const timeLayout = "2006-01-02T15:04:05.000Z07:00"

// append appends message number n to the buffer.
func (w *worker) append(b []byte, n int64) []byte {
	for i := range w.factory.template {
		switch p := &w.factory.template[i]; p.kind {
		case literal:
			b = append(b, p.text...)
		case seq:
			b = strconv.AppendInt(b, n, 10)
		case clock:
			b = time.Now().UTC().AppendFormat(b, timeLayout)
		case unixNano:
			b = strconv.AppendInt(b, time.Now().UnixNano(), 10)
		case uuid:
			b = w.appendUUID(b)
		case random:
			b = strconv.AppendInt(b, w.random.Int64N(p.n), 10)
		case hexDigits:
			b = w.appendHex(b, int(p.n))
		case pick:
			b = append(b, p.choices[w.random.IntN(len(p.choices))]...)
		}
	}
	return b
}

// appendHex appends n random hexadecimal digits.
func (w *worker) appendHex(b []byte, n int) []byte {
	const digits = "0123456789abcdef"
	for n > 0 {
		bits := w.random.Uint64()
		for range min(n, 16) {
			b = append(b, digits[bits&15])
			bits >>= 4
		}
		n -= 16
	}
	return b
}

// appendUUID appends a random UUID, of version 4.
func (w *worker) appendUUID(b []byte) []byte {
	var id [16]byte
	high, low := w.random.Uint64(), w.random.Uint64()
	for i := range 8 {
		id[i], id[8+i] = byte(high>>(8*i)), byte(low>>(8*i))
	}
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	for i, end := range []int{4, 6, 8, 10, 16} {
		start := []int{0, 4, 6, 8, 10}[i]
		if i > 0 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, id[start:end])
	}
	return b
}
