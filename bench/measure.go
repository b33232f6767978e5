package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// sink is where a measured program writes to.
type sink string

const (
	toNull sink = "/dev/null"
	toPipe sink = "pipe" // which the harness drains
)

// measurement is what one run of a program took, the whole process.
type measurement struct {
	User   float64 `json:"user_s"`
	System float64 `json:"system_s"`
	Wall   float64 `json:"wall_s"`
	Peak   float64 `json:"peak_mib"` // resident memory; 0 where it is not known
}

// value is the metric of a run over so many messages that have so many bytes.
func (m measurement) value(what metric, messages int, bytes int64) float64 {
	switch what {
	case cpu:
		return (m.User + m.System) * 1e6 / float64(messages)
	case rate:
		return float64(messages) / m.Wall
	case throughput:
		return float64(bytes) / 1e6 / m.Wall
	case peak:
		return m.Peak
	default:
		return m.Wall * 1e6 / float64(messages)
	}
}

// usualPatience is how long a program may run before it is taken to hang.
const usualPatience = 5 * time.Minute

// newCommand makes the command of a program, with what it says on the standard
// error kept in said. It is killed when it runs out of patience; cancel must be
// called when it has ended.
func newCommand(root string, p program) (command *exec.Cmd, said *tail, cancel func()) {
	arguments := slices.Clone(p.command)
	if p.folder != "" {
		root = p.folder
	}
	if strings.HasPrefix(arguments[0], "build/") {
		arguments[0] = root + "/" + arguments[0]
	}
	patience := p.patience
	if patience == 0 {
		patience = usualPatience
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	command = exec.CommandContext(ctx, arguments[0], arguments[1:]...)
	command.Dir = root
	command.WaitDelay = time.Second
	command.Env = append(os.Environ(), p.env...)
	said = &tail{}
	command.Stderr = said
	return command, said, cancel
}

// What stands in a program's words for something else.
const (
	inputWord  = "{input}"  // the input's path
	folderWord = "{folder}" // a folder on the disk, made for one run
)

// with returns the program with a word replaced.
func (p program) with(word, by string) program {
	replace := func(all []string) []string {
		replaced := make([]string, len(all))
		for i, text := range all {
			replaced[i] = strings.ReplaceAll(text, word, by)
		}
		return replaced
	}
	p.command, p.env = replace(p.command), replace(p.env)
	p.writes = strings.ReplaceAll(p.writes, word, by)
	return p
}

// has tells whether a word stands in the program's.
func (p *program) has(word string) bool {
	in := func(text string) bool { return strings.Contains(text, word) }
	return slices.ContainsFunc(p.command, in) || slices.ContainsFunc(p.env, in) || in(p.writes)
}

// run runs a program over a dataset. What it writes, to a pipe or to a file, goes to
// out; with out nil it writes to /dev/null, or to a file that nobody reads.
func run(root string, p program, d dataset, out io.Writer) (measurement, error) {
	m, _, err := runWithErrors(root, p, d, out)
	return m, err
}

// runWithErrors is run, and returns what the program said on the standard error.
func runWithErrors(root string, p program, d dataset, out io.Writer) (measurement, string, error) {
	readsFile := p.has(inputWord)
	p = p.with(inputWord, d.path)
	if p.has(folderWord) {
		folder, err := newFolder(root)
		if err != nil {
			return measurement{}, "", err
		}
		defer os.RemoveAll(folder)
		p = p.with(folderWord, folder)
	}
	command, said, cancel := newCommand(root, p)
	defer cancel()
	if !readsFile {
		input, err := os.Open(d.path)
		if err != nil {
			return measurement{}, "", err
		}
		defer input.Close()
		command.Stdin = input
	}
	var err error
	var pipe io.ReadCloser
	if out != nil && p.writes == "" {
		if pipe, err = command.StdoutPipe(); err != nil {
			return measurement{}, "", err
		}
	}
	begin := time.Now()
	if err := command.Start(); err != nil {
		return measurement{}, "", err
	}
	peak := watchMemory(command.Process.Pid)
	if pipe != nil {
		if _, err = io.CopyBuffer(struct{ io.Writer }{out}, struct{ io.Reader }{pipe}, make([]byte, 256<<10)); err != nil {
			command.Process.Kill()
		}
	}
	err = errors.Join(err, command.Wait())
	m := measurement{
		Wall:   time.Since(begin).Seconds(),
		User:   command.ProcessState.UserTime().Seconds(),
		System: command.ProcessState.SystemTime().Seconds(),
		Peak:   peak(),
	}
	if err == nil && out != nil && p.writes != "" {
		err = readInto(out, p.writes)
	}
	if err != nil {
		return m, said.String(), fmt.Errorf("%s: %w\n%s", p.name, err, said)
	}
	return m, said.String(), nil
}

func readInto(out io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(out, file)
	return err
}

// watchMemory reads the highest resident memory of a process again and again,
// until the function it returns is called, which returns the last reading in
// MiB. The rusage of a child does not serve: it starts at its parent's peak.
func watchMemory(pid int) (stop func() float64) {
	var highest atomic.Int64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		pause := time.Millisecond
		for {
			if kib := statusKiB(pid, "VmHWM"); kib > 0 {
				highest.Store(kib)
			}
			select {
			case <-done:
				return
			case <-time.After(pause):
				pause = min(2*pause, 25*time.Millisecond)
			}
		}
	}()
	return func() float64 {
		close(done)
		<-ended
		return float64(highest.Load()) / 1024
	}
}

// statusKiB reads a line of /proc/PID/status, in KiB; 0 if there is none.
func statusKiB(pid int, name string) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, found := bytes.Cut(text, []byte("\n"+name+":"))
	if !found {
		return 0
	}
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kib, _ := strconv.ParseInt(string(fields[0]), 10, 64)
	return kib
}

// tail keeps the last of what is written to it.
type tail struct{ text []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.text = append(t.text, p...)
	if extra := len(t.text) - 1000; extra > 0 {
		t.text = append(t.text[:0], t.text[extra:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return strings.TrimSpace(string(t.text)) }
