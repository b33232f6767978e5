package hostile

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
	"github.com/gopiper/gopiper/script"
)

// task is what a child is to do: run the scripts one after the other.
type task struct {
	Paths     []string
	Interpret bool
	Workers   int           // that run a script at the same time
	Time      time.Duration // limit of a call; 0 for the default
}

// outcome is what came of a script.
type outcome struct {
	Path    string
	Class   string
	Text    string        // of the report or error
	Took    time.Duration // until the last worker's report
	Growth  int64         // bytes, of the process at its largest
	Behaved bool          // a message that does no harm was handled after it
}

// taskVariable holds the task of a child.
const taskVariable = "GOPIPER_HOSTILE_TASK"

func TestMain(m *testing.M) {
	if text := os.Getenv(taskVariable); text != "" {
		var t task
		if err := json.Unmarshal([]byte(text), &t); err != nil {
			panic(err)
		}
		debug.SetGCPercent(400) // as gopiper has it
		out := json.NewEncoder(os.Stdout)
		for _, path := range t.Paths {
			if err := out.Encode(t.run(path)); err != nil {
				panic(err)
			}
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// run runs one script.
func (t *task) run(path string) outcome {
	a, err := read(path)
	if err != nil {
		panic(err)
	}
	runtime.GC()
	before := resident()
	o := outcome{Path: path}
	began := time.Now()
	engine := script.EngineAuto
	if t.Interpret {
		engine = script.EngineGopherLua
	}
	s, err := script.Load(context.Background(), "hostile.lua", []byte(a.source), script.Options{
		Engine: engine, Limits: script.Limits{Time: t.Time}, TimeLimit: 2 * time.Second,
		Print: func(plan.Position, string) {},
	})
	switch {
	case err != nil:
		o.Class, o.Text, o.Behaved = "refused", err.Error(), true
	case a.isCall():
		began = time.Now()
		o.Behaved = t.attack(s, &o)
	default:
		o.Class = "loaded"
	}
	o.Took = time.Since(began)
	o.Growth = largest() - before
	return o
}

// attack sets the script off in all workers at once.
func (t *task) attack(s *script.Script, o *outcome) bool {
	function := s.Plan().Pipelines[0].Stages[1].Function.Impl.(*script.Function)
	workers := make([]component.Component, max(1, t.Workers))
	postponed := make(chan component.Message, 1)
	go func() {
		for range postponed {
		}
	}()
	defer close(postponed)
	for i := range workers {
		if err := function.Prepare(0, i); err != nil {
			panic(err)
		}
		workers[i] = function.Create(0, i, postponed)
	}
	reports := make([]component.Report, len(workers))
	var all sync.WaitGroup
	for i, w := range workers {
		all.Go(func() {
			w.Handle(component.NewMessage([]byte("hostile")), func(r component.Report) { reports[i] = r })
		})
	}
	all.Wait()
	o.Class, o.Text = class(reports[0]), reports[0].Description
	behaved := true
	for _, w := range workers {
		m := component.NewMessage([]byte("well"))
		w.Handle(m, func(r component.Report) { behaved = behaved && r.Status == component.Done })
		behaved = behaved && string(m.GetData()) == "behaved"
		if c, ok := w.(component.Closer); ok {
			c.Close()
		}
	}
	return behaved
}

func class(r component.Report) string {
	switch r.Status {
	case script.StatusLimit:
		return "limit"
	case script.StatusError, script.StatusReturn:
		return "error"
	}
	return "handled"
}

// resident is how large the process is, in bytes; from now on largest is
// measured anew.
func resident() int64 {
	os.WriteFile("/proc/self/clear_refs", []byte("5"), 0)
	return status("VmRSS:")
}

// largest is how large the process has been.
func largest() int64 { return status("VmHWM:") }

func status(field string) int64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), field); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			if err != nil {
				panic(fmt.Sprint(field, " ", err))
			}
			return n << 10
		}
	}
	return 0
}
