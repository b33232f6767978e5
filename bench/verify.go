package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
)

// expectation is what the output of a workload's programs must be.
type expectation struct {
	messages int
	sum      string
}

// expect computes the output of a workload with code of its own, the simplest
// there is.
func (w *workload) expect(d dataset) (expectation, error) {
	if w.keep == nil && w.edit == nil && w.rewrite == nil && !w.distinct {
		return expectation{messages: d.Messages, sum: d.SHA256}, nil
	}
	sum := newLineSum(w.edit != nil)
	seen := map[[16]byte]struct{}{} // beginnings of sums
	err := eachLine(d.path, func(line []byte) error {
		if w.keep != nil && !w.keep(line) {
			return nil
		}
		if w.distinct {
			sum := sha256.Sum256(line)
			key := [16]byte(sum[:])
			if _, found := seen[key]; found {
				return nil
			}
			seen[key] = struct{}{}
		}
		if w.rewrite != nil {
			line = w.rewrite(line)
		}
		if w.edit == nil {
			return sum.add(line)
		}
		event, err := decode(line)
		if err != nil {
			return err
		}
		object, ok := event.(map[string]any)
		if !ok {
			return fmt.Errorf("%q is no object", line)
		}
		w.edit(object)
		return sum.addValue(object)
	})
	return expectation{messages: sum.lines, sum: sum.String()}, err
}

// verify runs every program once with its output through a pipe, or to its file, and
// compares what comes out, order included. Values are compared on the slow programs'
// share of the messages; on all messages the programs that are gopiper must
// then agree to the byte.
func (b *bench) verify(w *workload) error {
	full, part := b.data[w.data.name].full, b.data[w.data.name].part
	wanted := map[int]expectation{}
	agreed := ""
	for _, p := range w.programs {
		d := full
		if p.slow || w.edit != nil {
			d = part
		}
		if _, known := wanted[d.Messages]; !known {
			e, err := w.expect(d)
			if err != nil {
				return err
			}
			wanted[d.Messages] = e
		}
		if err := b.verifyProgram(w, p, d, wanted[d.Messages]); err != nil {
			return err
		}
		if w.edit != nil && isOurs(p) {
			sum := sha256.New()
			if _, err := run(b.root, p, full, sum); err != nil {
				return err
			}
			got := hex.EncodeToString(sum.Sum(nil))
			if agreed != "" && got != agreed {
				return fmt.Errorf("%s, %s: all %s messages differ from %s", w.name, p.name, grouped(full.Messages), w.programs[0].name)
			}
			agreed = got
		}
	}
	if w.counted {
		return b.verifyCount()
	}
	return nil
}

func (b *bench) verifyProgram(w *workload, p program, d dataset, want expectation) error {
	if p.counts {
		var out bytes.Buffer
		_, err := run(b.root, p, d, &out)
		if got := strings.TrimSpace(out.String()); err == nil && got != strconv.Itoa(d.Messages) {
			err = fmt.Errorf("%s, %s: it counts %s messages of %d", w.name, p.name, got, d.Messages)
		}
		return err
	}
	sum := newLineSum(w.edit != nil)
	if _, err := run(b.root, p, d, sum); err != nil {
		return err
	}
	if err := sum.end(); err != nil {
		return fmt.Errorf("%s, %s: %w", w.name, p.name, err)
	}
	if got := sum.String(); got != want.sum {
		return fmt.Errorf("%s, %s: wrong output for %s messages: %s lines with the sum %s, expected %s with %s",
			w.name, p.name, grouped(d.Messages), grouped(sum.lines), got, grouped(want.messages), want.sum)
	}
	return nil
}

// isOurs tells whether a program is gopiper, perhaps behind taskset.
func isOurs(p program) bool {
	for _, word := range p.command {
		if word == "build/gopiper" {
			return true
		}
	}
	return false
}

// verifyCount checks that a stage was called once for every message.
func (b *bench) verifyCount() error {
	d := b.data[lines.name].full
	_, said, err := runWithErrors(b.root, gopiper("count", "count.lua"), d, io.Discard)
	if err != nil {
		return err
	}
	want := fmt.Sprintf("count_handle %d", d.Messages)
	for line := range strings.Lines(said) {
		if strings.TrimSpace(line) == want {
			return nil
		}
	}
	return fmt.Errorf("count: expected %q on the standard error, got %q", want, said)
}

// lineSum is a checksum over lines, or over the JSON values that they hold.
type lineSum struct {
	sum    hash.Hash
	values bool
	lines  int
	rest   []byte // of a line whose end has not come yet
}

func newLineSum(values bool) *lineSum { return &lineSum{sum: sha256.New(), values: values} }

// Write takes the output of a program, cut anywhere.
func (s *lineSum) Write(p []byte) (int, error) {
	if !s.values {
		s.lines += bytes.Count(p, []byte{'\n'})
		return s.sum.Write(p)
	}
	n := len(p)
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			s.rest = append(s.rest, p...)
			return n, nil
		}
		line := p[:i]
		if len(s.rest) > 0 {
			s.rest = append(s.rest, line...)
			line = s.rest
		}
		value, err := decode(line)
		if err == nil {
			err = s.addValue(value)
		}
		if err != nil {
			return 0, err
		}
		s.rest, p = s.rest[:0], p[i+1:]
	}
}

// end tells whether the output ended with a newline.
func (s *lineSum) end() error {
	if len(s.rest) > 0 {
		return fmt.Errorf("the last line %q has no newline", s.rest)
	}
	return nil
}

func (s *lineSum) add(line []byte) error {
	s.lines++
	s.sum.Write(line)
	_, err := s.sum.Write([]byte{'\n'})
	return err
}

// addValue adds a value in its canonical form: members sorted, strings and
// numbers written in one way.
func (s *lineSum) addValue(value any) error {
	text, err := json.Marshal(canonical(value))
	if err != nil {
		return err
	}
	return s.add(text)
}

func (s *lineSum) String() string { return hex.EncodeToString(s.sum.Sum(nil)) }

func decode(line []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(line))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("%w in %q", err, line)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("more than one value in %q", line)
	}
	return value, nil
}

// canonical replaces numbers that are not whole by floats, so that 1.50 equals
// 1.5; whole numbers keep their text and with it every digit.
func canonical(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			v[name] = canonical(member)
		}
	case []any:
		for i, element := range v {
			v[i] = canonical(element)
		}
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			if f, err := v.Float64(); err == nil {
				return f
			}
		}
	}
	return value
}
