package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
)

// event is a line of go test -json.
type event struct {
	Action  string
	Package string
	Test    string
	Output  string
}

// failure is the first test that failed.
type failure struct {
	where  string // package and test
	hang   bool   // it did not end in time
	output string // what it said
}

// errBuild is a copy that does not compile.
var errBuild = errors.New("it does not compile")

// module is what the names of packages begin with.
const module = "github.com/gopiper/gopiper"

var (
	timedOut = regexp.MustCompile(`^panic: test timed out after`)
	runs     = regexp.MustCompile(`^\s+(Test\S+) \(\S+\)`)
)

// watch reads what go test -json says to its end. The failure is nil if no test has
// failed; the error is errBuild, or of reading.
func watch(events io.Reader) (first *failure, err error) {
	said := map[string]*strings.Builder{} // by package and test
	var built strings.Builder
	hangs, hanging := "", false
	lines := bufio.NewReader(events)
	for {
		line, ended := lines.ReadBytes('\n')
		var e event
		if json.Unmarshal(line, &e) != nil {
			built.Write(line) // the go command itself says it
		}
		name := strings.TrimSpace(folderOf(e.Package) + " " + e.Test)
		switch e.Action {
		case "build-output":
			built.WriteString(e.Output)
		case "build-fail":
			err = errBuild
		case "output":
			if said[name] == nil {
				said[name] = &strings.Builder{}
			}
			said[name].WriteString(e.Output)
			hanging = hanging || timedOut.MatchString(e.Output)
			if m := runs.FindStringSubmatch(e.Output); hanging && hangs == "" && m != nil {
				hangs = folderOf(e.Package) + " " + m[1]
			}
		case "fail":
			if first == nil {
				first = &failure{where: name}
				if text := said[name]; text != nil {
					first.output = text.String()
				}
			}
		}
		if ended != nil {
			break
		}
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w:\n%s", err, built.String())
	case first == nil && built.Len() > 0:
		return nil, errors.New(built.String())
	case first != nil && hangs != "":
		first.where, first.hang = hangs, true
	}
	return first, nil
}

// folderOf is the folder of a package in the repository.
func folderOf(path string) string {
	if path == module {
		return "."
	}
	return strings.TrimPrefix(path, module+"/")
}
