package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// attack is a script of the corpus.
type attack struct {
	path   string // within corpus
	expect string
	source string
}

// isCall tells whether a message sets the attack off.
func (a *attack) isCall() bool { return strings.HasPrefix(a.path, "call/") }

var repeated = regexp.MustCompile(`(?m)^-- repeat (\d+): (.*)\n?`)

// read reads a script of the corpus.
func read(path string) (*attack, error) {
	text, err := os.ReadFile(filepath.Join("corpus", path))
	if err != nil {
		return nil, err
	}
	lines := strings.SplitN(string(text), "\n", 3)
	if len(lines) < 3 || !strings.HasPrefix(lines[0], "-- ") || !strings.HasPrefix(lines[1], "-- expect: ") {
		return nil, fmt.Errorf("%s does not begin with what it attacks and what to expect", path)
	}
	a := &attack{path: path, expect: strings.TrimPrefix(lines[1], "-- expect: ")}
	body := repeated.ReplaceAllStringFunc(lines[2], func(line string) string {
		parts := repeated.FindStringSubmatch(line)
		times, _ := strconv.Atoi(parts[1])
		var out strings.Builder
		for i := range times {
			out.WriteString(strings.ReplaceAll(parts[2], "NUMBER", strconv.Itoa(i)))
			out.WriteByte("\n "[min(1, (i+1)%100)])
		}
		return out.String()
	})
	if !a.isCall() {
		a.source = body
		return a, nil
	}
	a.source = `local gopiper = require("gopiper")
local kept = {}
gopiper.createPipeline{ gopiper.stdin{}, function(msg)
	if msg.data == "well" then msg.data = "behaved" return end
	do ` + body + ` end
end, gopiper.stdout{} }`
	return a, nil
}

// corpus returns all scripts.
func corpus(t *testing.T) []*attack {
	t.Helper()
	paths, err := filepath.Glob("corpus/*/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	var all []*attack
	for _, path := range paths {
		a, err := read(strings.TrimPrefix(filepath.ToSlash(path), "corpus/"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, a)
	}
	if len(all) < 60 {
		t.Fatalf("only %d scripts", len(all))
	}
	return all
}
