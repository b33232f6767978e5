package main

import (
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"testing"
)

// The data must never change: figures of different days could not be compared.
func TestGeneratorsWriteTheSameForever(t *testing.T) {
	for _, c := range []struct {
		kind  kind
		few   int
		many  int
		sum   string // of the few
		bytes int    // a message, on average
	}{
		{lines, 1_000, 20_000, "5c5809cbe1ec7ec11fd4346bbd4924148a8f16262ebfcdd63b865acfa9ad1873", 122},
		{events, 1_000, 20_000, "970f1bc5e975c3b80131fc1f8fba222c9ee3b4e2e568210308b054e9fd2c970d", 293},
		{blocks, 4, 6, "9a8f0fcc198e1370062bca2ffe5463292954492e5034f890351fcac7d82ee77c", blockBytes},
		{keys, 1_000, 20_000, "b941b88d2b24feaadd09f1e1d886dcafbe40060acfb2d381e4ad1d2d18cad3c7", 33},
	} {
		t.Run(c.kind.name, func(t *testing.T) {
			var all, some bytes.Buffer
			if err := c.kind.generate(&all, c.many); err != nil {
				t.Fatal(err)
			}
			if err := c.kind.generate(&some, c.few); err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(some.Bytes()); hex.EncodeToString(sum[:]) != c.sum {
				t.Errorf("the sum of %d messages is %x", c.few, sum)
			}
			if !bytes.HasPrefix(all.Bytes(), some.Bytes()) {
				t.Errorf("%d messages are not the beginning of %d", c.few, c.many)
			}
			if n := bytes.Count(all.Bytes(), []byte{'\n'}); n != c.many {
				t.Errorf("%d lines", n)
			}
			if mean := all.Len() / c.many; mean < c.bytes-2 || mean > c.bytes+2 {
				t.Errorf("%d bytes a message, expected about %d", mean, c.bytes)
			}
		})
	}
}

func TestOneOfTenLinesHasABadStatus(t *testing.T) {
	var out bytes.Buffer
	if err := writeLines(&out, 20_000); err != nil {
		t.Fatal(err)
	}
	n := len(regexp.MustCompile(expression).FindAll(out.Bytes(), -1))
	if n < 1_850 || n > 2_150 {
		t.Errorf("%d of 20,000", n)
	}
	if n := bytes.Count(out.Bytes(), []byte(substring)); n < 500 {
		t.Errorf("%d of 20,000 lines have the status 503", n)
	}
}

func TestEventsAreWhatTheirDescriptionSays(t *testing.T) {
	var out bytes.Buffer
	if err := writeEvents(&out, 10_000); err != nil {
		t.Fatal(err)
	}
	debug, escaped := 0, 0
	for line := range bytes.Lines(out.Bytes()) {
		var event map[string]any
		if err := json.Unmarshal(line, &event); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		for _, name := range []string{"ts", "level", "seq", "host", "service", "msg", "http", "tags", "user", "tmp"} {
			if _, found := event[name]; !found {
				t.Fatalf("no %q in %s", name, line)
			}
		}
		if event["level"] == "debug" {
			debug++
		}
		if bytes.ContainsRune(line, '\\') {
			escaped++
		}
	}
	if debug < 2_700 || debug > 3_300 {
		t.Errorf("%d of 10,000 have the level debug", debug)
	}
	if escaped < 3_000 {
		t.Errorf("%d of 10,000 have an escape", escaped)
	}
}

func TestBlocksCannotBeCompressed(t *testing.T) {
	var out, packed bytes.Buffer
	if err := writeBlocks(&out, 3); err != nil {
		t.Fatal(err)
	}
	packer, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := packer.Write(out.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := packer.Close(); err != nil {
		t.Fatal(err)
	}
	if packed.Len()*1000 < out.Len()*995 {
		t.Errorf("%d bytes became %d", out.Len(), packed.Len())
	}
	for line := range bytes.Lines(out.Bytes()) {
		if len(line) != blockBytes {
			t.Errorf("a line of %d bytes", len(line))
		}
	}
}

// Of eleven keys ten are new.
func TestKeysAreDistinct(t *testing.T) {
	var out bytes.Buffer
	if err := writeKeys(&out, 11_000); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	i := 0
	for line := range bytes.Lines(out.Bytes()) {
		if repeated := i%11 == 10; seen[string(line)] != repeated {
			t.Fatalf("line %d, %s: it came before: %t", i, line, !repeated)
		}
		seen[string(line)] = true
		i++
	}
	if len(seen) != 10_000 {
		t.Errorf("%d keys", len(seen))
	}
}
