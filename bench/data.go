package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// kind is one of the sorts of messages that the workloads are made of.
type kind struct {
	name     string
	full     int // messages at scale 1
	generate generator
}

var (
	lines  = kind{name: "lines", full: 10_000_000, generate: writeLines}
	events = kind{name: "events", full: 3_000_000, generate: writeEvents}
	blocks = kind{name: "blocks", full: 10_000, generate: writeBlocks}
	keys   = kind{name: "keys", full: 11_000_000, generate: writeKeys}
)

// slowShare is the part of the messages that slow programs get; all their
// figures are per message.
const slowShare = 10

// dataset is a file of messages.
type dataset struct {
	path     string
	Messages int    `json:"messages"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
}

// prepare returns the file with the first messages of a kind, and writes it
// unless it is there already. It reads the whole file once, which checks its
// sum and brings it into the page cache.
func prepare(folder string, k kind, messages int) (dataset, error) {
	path := filepath.Join(folder, fmt.Sprintf("%s-%d", k.name, messages))
	d, err := readManifest(path)
	if err != nil {
		if d, err = generate(path, k, messages); err != nil {
			return d, fmt.Errorf("write %s: %w", path, err)
		}
	}
	file, err := os.Open(path)
	if err != nil {
		return d, err
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, file); err != nil {
		return d, err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != d.SHA256 {
		return d, fmt.Errorf("%s: its sha256 is %s, expected %s; delete it to have it written again", path, got, d.SHA256)
	}
	return d, nil
}

func readManifest(path string) (dataset, error) {
	d := dataset{path: path}
	text, err := os.ReadFile(path + ".json")
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	return d, err
}

// generate writes the messages first and the manifest last, so that a file
// whose writing was interrupted is written again.
func generate(path string, k kind, messages int) (dataset, error) {
	d := dataset{path: path, Messages: messages}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return d, err
	}
	file, err := os.Create(path)
	if err != nil {
		return d, err
	}
	defer file.Close()
	sum := sha256.New()
	if err := k.generate(io.MultiWriter(file, sum), messages); err != nil {
		return d, err
	}
	if d.Bytes, err = file.Seek(0, io.SeekCurrent); err != nil {
		return d, err
	}
	d.SHA256 = hex.EncodeToString(sum.Sum(nil))
	text, err := json.Marshal(d)
	if err != nil {
		return d, err
	}
	return d, os.WriteFile(path+".json", append(text, '\n'), 0o644)
}

// eachLine calls do for every line of a file, without its newline. The line is
// valid during the call only.
func eachLine(path string, do func(line []byte) error) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	scanner := bufio.NewScanner(file)
	scanner.Buffer(make([]byte, 1<<16), 1<<20)
	for scanner.Scan() {
		if err := do(scanner.Bytes()); err != nil {
			return err
		}
	}
	return scanner.Err()
}

// grouped prints a number with commas: 1,234,567.
func grouped(n int) string {
	digits := fmt.Sprint(n)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}
