package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

const (
	stateBound  = 100.0 // KB
	statesMore  = 400   // workers, and so many states more
	growthBound = 1.1   // peak at the end, by that after a tenth
	// flatMessages is through how many messages memory is to stay as it is.
	flatMessages = 100_000_000
)

// stateSize is what a Lua state takes of the memory of a process.
type stateSize struct {
	Engine    string  `json:"engine"`
	Kilobytes float64 `json:"kilobytes"`
}

// flatness is how the memory of a process stays as it is.
type flatness struct {
	Engine   string  `json:"engine"`
	Messages int     `json:"messages"`
	Tenth    float64 `json:"tenth_mib"` // the highest resident memory after a tenth of the messages
	Highest  float64 `json:"highest_mib"`
}

// luaEngines are the engines, as --lua names them.
var luaEngines = []string{"auto", "gopher-lua", "luajit"}

// states measures what a Lua state takes: the resident memory of a process with many
// workers of a function less that of one with one, as far as that is not what workers
// without a state take as well. The garbage collector runs often for it.
func (o *options) states(b *bench, kept *results) error {
	fmt.Printf("\nstates: resident memory of a Lua state, from %d more workers\n", statesMore)
	plain, err := workersTake(b.root, "auto", "none")
	if err != nil {
		return err
	}
	for _, engine := range luaEngines {
		taken, err := workersTake(b.root, engine, "lua")
		if err != nil {
			return err
		}
		s := stateSize{engine, taken - plain}
		kept.States = append(kept.States, s)
		fmt.Printf("  %-10s %.1f KB\n", engine, s.Kilobytes)
		kept.bound(engine+": a Lua state in KB", s.Kilobytes, stateBound)
	}
	return nil
}

// workersTake returns how much memory a worker takes, in KB, the median of five runs.
func workersTake(root, engine, stage string) (float64, error) {
	var taken []float64
	for range 5 {
		var resident [2]float64
		for i, workers := range []int{1, 1 + statesMore} {
			p := program{
				name: engine, command: []string{"build/gopiper", "run", "--lua", engine, "bench/plans/states.lua"},
				// What counts is what is in use, not the garbage that lies about.
				env: []string{"GOGC=10", "STAGE=" + stage, "WORKERS=" + strconv.Itoa(workers)},
			}
			_, idle, err := startOnce(root, p, true)
			if err != nil {
				return 0, fmt.Errorf("%s, %d workers: %w", engine, workers, err)
			}
			resident[i] = idle * 1024 * 1.024
		}
		taken = append(taken, (resident[1]-resident[0])/statesMore)
	}
	return median(taken), nil
}

// flat measures whether the memory of a process grows while a function handles message
// after message.
func (o *options) flat(b *bench, kept *results) error {
	messages := flatMessages
	if o.quick {
		messages /= 10
	}
	messages = max(1_000_000, int(float64(messages)*o.scale))
	fmt.Printf("\nflat: the highest resident memory, after a tenth of %s messages and after all\n", grouped(messages))
	for _, engine := range luaEngines {
		f, err := memoryOver(b.root, engine, messages)
		if err != nil {
			return err
		}
		kept.Flat = append(kept.Flat, f)
		fmt.Printf("  %-10s %.1f MiB, %.1f MiB\n", engine, f.Tenth, f.Highest)
		kept.bound(engine+": memory after all messages by that after a tenth", f.Highest/f.Tenth, growthBound)
	}
	return nil
}

func memoryOver(root, engine string, messages int) (flatness, error) {
	f := flatness{Engine: engine, Messages: messages}
	child, err := startPiped(root, program{
		name: engine, command: []string{"build/gopiper", "run", "--lua", engine, "bench/plans/flat.lua"},
		env: []string{"COUNT=" + strconv.Itoa(messages)}, patience: time.Hour,
	})
	if err != nil {
		return f, err
	}
	defer child.kill()
	for { // a line for every hundredth
		line, err := child.out.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return f, fmt.Errorf("%s: %w\n%s", engine, err, child.said)
		}
		at, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			return f, fmt.Errorf("%s: %w", engine, err)
		}
		f.Highest = float64(statusKiB(child.command.Process.Pid, "VmHWM")) / 1024
		if at <= messages/10 {
			f.Tenth = f.Highest
		}
	}
	child.in.Close()
	return f, child.wait()
}
