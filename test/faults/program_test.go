//go:build linux

package faults

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/component"
	_ "github.com/gopiper/gopiper/components/all"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/store"
	"github.com/gopiper/gopiper/test/faults/oracle"
)

// program is a program of its own, made with the Go API: its source originates the
// messages of a generator and writes down what it saw settled; its sink writes down
// what it receives. What is written down is there when the process is killed, for
// the system has it.
type program struct {
	Dir         string // with state/, out, acks
	Seed        uint64
	Until       uint64
	MaxMessages int64
	Batch       int
	Shares      []oracle.Share
	// Stages are what lies between: "buffer", "fates", "workers", "keyed".
	Stages []string
	// Poison are messages that end the process: in a stage, by a panic in another
	// goroutine, or at once.
	Poison []uint64
}

func (c *program) generator() *oracle.Generator {
	return &oracle.Generator{Seed: c.Seed, Shares: c.Shares}
}

func (c *program) path(name string) string { return filepath.Join(c.Dir, name) }

// start starts the program as a process.
func (c *program) start(t testing.TB) *process {
	t.Helper()
	config, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "FAULTS_PROGRAM=numbers", "FAULTS_CONFIG="+string(config))
	return begin(t, command)
}

// runProgram is the process.
func runProgram(string) int {
	var c program
	if err := json.Unmarshal([]byte(os.Getenv("FAULTS_CONFIG")), &c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	if err := c.run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		if errors.Is(err, gopiper.ErrUnhandled) {
			return 4
		}
		return 1
	}
	return 0
}

func (c *program) run() error {
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	s, err := store.Open(c.path("state"), store.Options{Logger: logger})
	if err != nil {
		return err
	}
	acks, err := os.OpenFile(c.path("acks"), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	sink, err := openLines(c.path("out"))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	from := source{generator: c.generator(), until: c.Until, batch: c.Batch, random: chance(uint64(time.Now().UnixNano()), "source"),
		settled: func(seq uint64, _ component.Report) {
			mu.Lock()
			defer mu.Unlock()
			_, _ = acks.Write(binary.BigEndian.AppendUint64(nil, seq))
		}}
	stages := gopiper.Stages(gopiper.Own("numbers", from.factory(), &sourceDeclaration))
	for i, name := range c.Stages {
		stages = append(stages, c.stage(name).Named(fmt.Sprint(name, i)))
	}
	stages = append(stages, gopiper.Own("lines", always(sink), &linesDeclaration))
	p, err := gopiper.Prepare(gopiper.Describe(gopiper.Pipeline{
		Name: "numbers", Stages: stages, MaxMessages: c.MaxMessages, DrainTimeout: 5 * time.Second,
	}), gopiper.Options{Store: s, Logger: logger})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	return errors.Join(p.Run(ctx), s.Close())
}

// stage makes a stage.
func (c *program) stage(name string) gopiper.Stage {
	switch name {
	case "buffer":
		return gopiper.Use("buffer")
	case "fates":
		var tried sync.Map
		return gopiper.Function(func(m component.StandardMessage) component.Report {
			seq, err := c.generator().Parse(m.GetData())
			if err != nil {
				return component.Report{Status: component.Fail, Description: err.Error()}
			}
			switch c.generator().Fate(seq) {
			case oracle.Fail:
				return component.Report{Status: 250, Description: "on purpose"}
			case oracle.Drop:
				return component.Report{Status: component.Drop}
			case oracle.Retry:
				n, _ := tried.LoadOrStore(seq, new(atomic.Int32))
				if n.(*atomic.Int32).Add(1) < 3 {
					return component.Report{Status: component.Retry}
				}
			}
			return component.Report{}
		}).Retry(plan.Retry{Initial: time.Millisecond, Max: 2 * time.Millisecond})
	case "workers":
		return gopiper.Function(func(component.StandardMessage) component.Report { return component.Report{} }).Workers(4)
	case "keyed":
		return gopiper.Function(func(component.StandardMessage) component.Report { return component.Report{} }).Workers(4).OrderByKey("")
	case "unordered":
		return gopiper.Function(func(component.StandardMessage) component.Report { return component.Report{} }).Workers(4).Unordered()
	case "poison":
		return gopiper.Function(c.poison)
	}
	panic(name)
}

// poison ends the process if the message does.
func (c *program) poison(m component.StandardMessage) component.Report {
	seq, _ := c.generator().Parse(m.GetData())
	for i, p := range c.Poison {
		if p != seq {
			continue
		}
		_ = os.WriteFile(c.path(fmt.Sprintf("death-%d-%d", seq, time.Now().UnixNano())), nil, 0o644)
		if i%2 == 0 {
			os.Exit(99)
		}
		go func() { panic(fmt.Sprint("poison ", seq)) }()
		select {} // until the other goroutine has ended the process
	}
	return component.Report{}
}

// lines is a sink that writes lines to a file, which the system has at once. A line
// that a death has torn is cut off.
type lines struct {
	file *os.File
	text []byte
}

var linesDeclaration = component.Declaration{
	Name: "lines", Roles: component.Sink, Sync: true, Interfaces: component.IsBatchHandler,
	Delivery: []component.Promise{{Delivery: component.Confirming, Doc: "the system has it"}},
}

func openLines(name string) (*lines, error) {
	file, err := os.OpenFile(name, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	end, err := file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	tail := make([]byte, min(end, 64<<10))
	if _, err := file.ReadAt(tail, end-int64(len(tail))); err != nil && err != io.EOF {
		return nil, err
	}
	whole := bytes.LastIndexByte(tail, '\n') + 1
	return &lines{file: file}, file.Truncate(end - int64(len(tail)-whole))
}

func (l *lines) Handle(m component.Message, handled component.HandledCallback) {
	one := []component.Message{m}
	l.HandleBatch(one, make([]component.Report, 1))
	handled(component.Report{})
}

// HandleBatch implements component.BatchHandler.
func (l *lines) HandleBatch(messages []component.Message, reports []component.Report) int {
	l.text = l.text[:0]
	for _, m := range messages {
		l.text = append(append(l.text, m.GetData()...), '\n')
	}
	if _, err := l.file.Write(l.text); err != nil {
		for i := range reports[:len(messages)] {
			reports[i] = component.Report{Status: component.Retry, Description: err.Error()}
		}
	}
	return len(messages)
}
