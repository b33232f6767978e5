package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/gopiper/gopiper"
	"github.com/gopiper/gopiper/control"
	"github.com/gopiper/gopiper/engine"
	"github.com/gopiper/gopiper/store"
)

type quarantineCommand struct {
	Ls     quarantineLs     `cmd:"" help:"List messages, the oldest first."`
	Show   quarantineShow   `cmd:"" help:"Show all that is known of messages, with their data."`
	Export quarantineExport `cmd:"" help:"Write messages to the standard output, one JSON object a line."`
	Replay quarantineReplay `cmd:"" help:"Let messages enter the stage in which they failed once more."`
	Rm     quarantineRm     `cmd:"" help:"Remove messages for good."`
}

// Help tells how the commands reach the messages.
func (c *quarantineCommand) Help() string {
	return `Messages that failed, and that no failed branch took, are kept in the state directory, as they reached the stage in which they failed. While pipelines run with the directory, these commands talk to their process; otherwise they open the directory themselves.`
}

// inState are the flags of all commands on a state directory.
type inState struct {
	State string `required:"" placeholder:"DIR" help:"The state directory that the pipelines run with."`
}

// keeper opens the quarantine: that of the process that runs, or else the state
// directory. close must be called at the end.
func (f *inState) keeper(change bool) (keeper control.Keeper, close func() error, err error) {
	ctx := context.Background()
	for try := 1; ; try++ {
		client, err := control.Dial(ctx, f.State)
		if err == nil {
			return client, func() error { return nil }, nil
		}
		if !errors.Is(err, control.ErrNotRunning) {
			return nil, nil, err
		}
		s, err := f.open(change)
		if err == nil {
			return control.Local(engine.NewQuarantine(s)), s.Close, nil
		}
		if !inUse(err) || try == stateTries {
			return nil, nil, invalid{err}
		}
		time.Sleep(statePause) // it starts or ends, or another command looks at it
	}
}

// open opens a state directory that is there.
func (f *inState) open(change bool) (*store.Store, error) {
	s, err := store.Open(f.State, store.Options{ReadOnly: true})
	if err != nil || !change {
		return s, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return store.Open(f.State, store.Options{})
}

// with calls do with the quarantine.
func (f *inState) with(change bool, do func(context.Context, control.Keeper) error) error {
	keeper, done, err := f.keeper(change)
	if err != nil {
		return err
	}
	err = do(context.Background(), keeper)
	return errors.Join(err, done())
}

type quarantineLs struct {
	inState
	selected
	JSON bool `name:"json" help:"Print JSON, one object a line, without the data."`
}

// Run lists messages.
func (c *quarantineLs) Run() error {
	return c.with(false, func(ctx context.Context, keeper control.Keeper) error {
		selection := c.selection()
		selection.WithoutData = true
		out := newPrinter(os.Stdout)
		print := out.row
		if c.JSON {
			print = out.object
		}
		err := keeper.List(ctx, selection, print)
		if out.count == 0 && err == nil && !c.JSON {
			if c.isAll() {
				fmt.Fprintln(os.Stderr, "the quarantine is empty")
			} else {
				fmt.Fprintln(os.Stderr, "no message in quarantine is like that")
			}
		}
		return out.end(err)
	})
}

type quarantineShow struct {
	inState
	IDs  []number `arg:"" name:"id" help:"Numbers of messages, as ls shows them."`
	JSON bool     `name:"json" help:"Print JSON, one object a line, with the data in base64."`
}

// Run shows messages.
func (c *quarantineShow) Run() error {
	return c.with(false, func(ctx context.Context, keeper control.Keeper) error {
		out := newPrinter(os.Stdout)
		print := out.page
		if c.JSON {
			print = out.object
		}
		return out.end(keeper.List(ctx, control.Selection{IDs: numbers(c.IDs)}, print))
	})
}

type quarantineExport struct {
	inState
	selected
	Raw bool `help:"Write the data alone, with a newline behind each."`
}

// Run exports messages.
func (c *quarantineExport) Run() error {
	return c.with(false, func(ctx context.Context, keeper control.Keeper) error {
		out := newPrinter(os.Stdout)
		print := out.object
		if c.Raw {
			print = out.raw
		}
		return out.end(keeper.List(ctx, c.selection(), print))
	})
}

type quarantineRm struct {
	inState
	sure
	JSON bool `name:"json" help:"Print JSON."`
}

// Run removes messages.
func (c *quarantineRm) Run() error {
	selection, err := c.sure.selection()
	if err != nil {
		return err
	}
	return c.with(true, func(ctx context.Context, keeper control.Keeper) error {
		removed, err := keeper.Remove(ctx, selection)
		if err != nil && !errors.Is(err, engine.ErrNotQuarantined) {
			return err
		}
		if c.JSON {
			return errors.Join(err, showJSON(map[string]int{"removed": removed}))
		}
		return errors.Join(err, show("removed "+count(removed, "message")+"\n"))
	})
}

type quarantineReplay struct {
	inState
	sure
	NoWait bool `help:"Do not wait until the messages are settled."`
	JSON   bool `name:"json" help:"Print JSON."`
}

// replayed is the result of a replay.
type replayed struct {
	Marked   int               `json:"marked"`
	Outcomes []control.Outcome `json:"outcomes"` // of those that were waited for
}

// Run replays messages.
func (c *quarantineReplay) Run() error {
	selection, err := c.sure.selection()
	if err != nil {
		return err
	}
	return c.with(true, func(ctx context.Context, keeper control.Keeper) error {
		result := replayed{Outcomes: []control.Outcome{}}
		again := 0
		tell := func(o control.Outcome) {
			if o.Result == control.FailedAgain {
				again++
			}
			if c.JSON {
				result.Outcomes = append(result.Outcomes, o)
				return
			}
			_ = show(outcome(o)) // that nobody reads it does not matter
		}
		_, runs := keeper.(*control.Client)
		if c.NoWait || !runs {
			tell = nil
		}
		var err error
		result.Marked, err = keeper.Replay(ctx, selection, tell)
		switch {
		case c.JSON:
			err = errors.Join(err, showJSON(result))
		case result.Marked == 0 && err == nil:
			err = show("no message in quarantine is like that\n")
		case tell == nil:
			err = errors.Join(err, show(marked(result.Marked, runs)))
		}
		if again > 0 && err == nil {
			return quiet(gopiper.ErrUnhandled)
		}
		return err
	})
}

// marked says what will become of messages that nobody waits for.
func marked(n int, runs bool) string {
	switch {
	case n == 0:
		return ""
	case runs:
		return count(n, "message") + " will be replayed\n"
	}
	return count(n, "message") + " will be replayed when the pipelines are run next\n"
}

// outcome is what became of a message, in a line.
func outcome(o control.Outcome) string {
	text := fmt.Sprintf("%d: %s", o.ID, o.Result)
	if o.Again != 0 {
		text += fmt.Sprintf(" as %d", o.Again)
	}
	if o.Reason != "" {
		text += ": " + oneLine(o.Reason, 200)
	}
	if o.Result == control.Waits {
		text += "; it is replayed when that is run next"
	}
	return text + "\n"
}
