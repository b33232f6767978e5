package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
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

// selected are the flags that select messages.
type selected struct {
	IDs      []uint64 `arg:"" optional:"" name:"id" help:"Numbers of messages, as ls shows them."`
	Pipeline string   `placeholder:"NAME" help:"Messages of this pipeline."`
	Stage    string   `placeholder:"NAME" help:"Messages that failed in this stage."`
	Status   []int    `placeholder:"CODE" help:"Messages that failed with any of these statuses."`
	After    moment   `placeholder:"TIME" help:"Messages that failed since this time, such as 2026-01-31, 2026-01-31T18:00:00Z, or 2h for two hours ago."`
	Before   moment   `placeholder:"TIME" help:"Messages that failed before this time."`
}

func (s *selected) selection() control.Selection {
	return control.Selection{
		IDs: s.IDs, Pipeline: s.Pipeline, Stage: s.Stage, Statuses: s.Status, After: s.After.Time, Before: s.Before.Time,
	}
}

// isAll tells whether nothing is said that would select.
func (s *selected) isAll() bool {
	return len(s.IDs) == 0 && s.Pipeline == "" && s.Stage == "" && len(s.Status) == 0 && s.After.IsZero() && s.Before.IsZero()
}

// moment is a time on the command line.
type moment struct{ time.Time }

// UnmarshalText reads a time, a day, or a duration that is over.
func (m *moment) UnmarshalText(text []byte) error {
	if ago, err := time.ParseDuration(string(text)); err == nil {
		m.Time = time.Now().Add(-ago)
		return nil
	}
	if at, err := time.Parse(time.RFC3339, string(text)); err == nil {
		m.Time = at
		return nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04:05", "2006-01-02T15:04", time.DateTime} {
		if at, err := time.ParseInLocation(layout, string(text), time.Local); err == nil {
			m.Time = at
			return nil
		}
	}
	return fmt.Errorf("%q is no time; write for example 2026-01-31, 2026-01-31T18:00:00Z, or 2h for two hours ago", text)
}

// sure are the flags of commands that change something: all must be asked for.
type sure struct {
	selected
	All bool `help:"All messages."`
}

// selection returns what is selected, if anything is.
func (s *sure) selection() (control.Selection, error) {
	switch {
	case !s.All && s.isAll():
		return control.Selection{}, invalidf("no message is selected; give numbers, --all, or what they have in common, such as --pipeline NAME")
	case s.All && !s.isAll():
		return control.Selection{}, invalidf("--all selects every message; leave it out, or all else that selects")
	}
	return s.selected.selection(), nil
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
	IDs  []uint64 `arg:"" name:"id" help:"Numbers of messages, as ls shows them."`
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
		return out.end(keeper.List(ctx, control.Selection{IDs: c.IDs}, print))
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

// printer writes messages.
type printer struct {
	out    *bufio.Writer
	count  int
	widths []int // of the columns of a table
	rows   [][]string
}

func newPrinter(file *os.File) *printer { return &printer{out: bufio.NewWriterSize(file, 1<<16)} }

// end writes what is left. A reader that has left has seen enough.
func (p *printer) end(err error) error {
	p.table()
	if flushed := p.out.Flush(); err == nil {
		err = flushed
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// raw writes a message's data.
func (p *printer) raw(e control.Entry) error {
	p.count++
	if _, err := p.out.Write(e.Data); err != nil {
		return err
	}
	return p.out.WriteByte('\n')
}

// listed is a message without its data.
type listed struct {
	control.Entry
	Data []byte `json:"data,omitempty"`
}

// object writes a message as a JSON object in a line.
func (p *printer) object(e control.Entry) error {
	p.count++
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(listed{e, e.Data})
}

// oneLine is the beginning of a text, for a terminal.
func oneLine(text string, most int) string {
	text, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	runes := []rune(printable(text))
	if more || len(runes) > most {
		runes = append(runes[:min(len(runes), most-1)], '…')
	}
	return string(runes)
}
