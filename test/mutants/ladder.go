package main

import (
	"strings"
	"time"
)

// step is one go test command of the ladder.
type step struct {
	folder   string // in which it is run, "" is the root of the repository
	packages []string
	env      []string
	fresh    bool          // a result of before does not count: it runs programs that go test does not know of
	timeout  time.Duration // of each package; one that hangs has noticed the patch
}

// ladder is what every patch goes through, from fast to slow, until a test fails. What
// a patch does not touch costs nothing: go test knows the result. Left out are the
// tests that read the source or the documents, for they would notice any patch.
var ladder = []step{
	{folder: "component", packages: []string{"./..."}, timeout: time.Minute},
	{packages: []string{"./engine"}, timeout: 90 * time.Second},
	{packages: []string{"./components/file", "./components/dedupe", "./components/stream", "./components/stdin", "./components/buffer"}, timeout: 2 * time.Minute},
	{packages: []string{"."}, timeout: time.Minute},
	{packages: []string{"./control"}, timeout: time.Minute},
	{packages: []string{"./store/..."}, timeout: 3 * time.Minute},
	{packages: []string{"./cmd/..."}, timeout: 3 * time.Minute},
	{packages: []string{"./script/...", "./loader", "./observe"}, timeout: 3 * time.Minute},
	{packages: []string{"./plan", "./framing", "./match", "./jsonview", "./components/..."}, timeout: 3 * time.Minute},
	{packages: []string{"./test/faults/..."}, fresh: true, timeout: 5 * time.Minute},
	// The same ten times as much: what a fault brings to light now and then.
	{packages: []string{"./test/faults"}, env: many, fresh: true, timeout: 15 * time.Minute},
}

// many is how much the rows of the fault suite do in the last step.
var many = []string{
	"FAULTS_KILLS=100", "FAULTS_OWNKILLS=60", "FAULTS_WORKLOADS=8", "FAULTS_SEQUENCES=400", "FAULTS_DAMAGES=3",
	"FAULTS_POWER=60", "FAULTS_EXHAUST=4", "FAULTS_FLIPS=30", "FAULTS_PANICS=20000", "FAULTS_CALLBACKS=20000",
	"FAULTS_GRAPHS=60", "FAULTS_RELOADS=20", "FAULTS_SYNCS=60", "FAULTS_STRACES=4",
}

// arguments are those of the go command.
func (s step) arguments() []string {
	arguments := []string{"test", "-json", "-vet=off", "-failfast", "-timeout=" + s.timeout.String()}
	if s.fresh {
		arguments = append(arguments, "-count=1")
	}
	return append(arguments, s.packages...)
}

// String is the command, as it would be typed.
func (s step) String() string {
	text := "go test"
	for _, p := range s.packages {
		text += " " + p
	}
	if len(s.env) > 0 {
		text = strings.Join(s.env, " ") + " " + text
	}
	if s.folder != "" {
		text = "cd " + s.folder + " && " + text
	}
	return text
}
