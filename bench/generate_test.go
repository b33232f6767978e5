package main

import (
	"bytes"
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
		sum   string
		bytes int // a message, on average
	}{
		{lines, "5c5809cbe1ec7ec11fd4346bbd4924148a8f16262ebfcdd63b865acfa9ad1873", 122},
		{events, "970f1bc5e975c3b80131fc1f8fba222c9ee3b4e2e568210308b054e9fd2c970d", 293},
	} {
		t.Run(c.kind.name, func(t *testing.T) {
			var all, some bytes.Buffer
			if err := c.kind.generate(&all, 20_000); err != nil {
				t.Fatal(err)
			}
			if err := c.kind.generate(&some, 1_000); err != nil {
				t.Fatal(err)
			}
			if sum := sha256.Sum256(some.Bytes()); hex.EncodeToString(sum[:]) != c.sum {
				t.Errorf("the sum of 1,000 messages is %x", sum)
			}
			if !bytes.HasPrefix(all.Bytes(), some.Bytes()) {
				t.Error("1,000 messages are not the beginning of 20,000")
			}
			if n := bytes.Count(all.Bytes(), []byte{'\n'}); n != 20_000 {
				t.Errorf("%d lines", n)
			}
			if mean := all.Len() / 20_000; mean < c.bytes-2 || mean > c.bytes+2 {
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
