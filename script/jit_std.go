package script

import (
	"encoding/binary"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/gopiper/gopiper/script/luajit"
	"github.com/gopiper/gopiper/script/std"
)

// jitStandard is the standard library of a state of LuaJIT.
type jitStandard struct {
	seat      *jitSeat // that runs; nil while the script describes
	functions []std.Function
	context   *std.Context // nil until the first call
	fresh     func() *std.Context
	// describing makes time and chance stand still; nil once messages are handled.
	describing func(*std.Context)
	arguments  []std.Value
	jitTables
	objects []any
	numbers map[any]uint32 // of the objects
	file    string         // of the script, for log lines
	line    int
}

// jitFunctions are the functions of the library, which all states share.
var jitFunctions = sync.OnceValue(std.Functions)

func newJITStandard(d *describing) *jitStandard {
	w, metrics, logger, shared := d.script.world, d.script.options.Metrics, d.script.options.Logger, d.script.shared
	b := &jitStandard{functions: jitFunctions()}
	b.fresh = func() *std.Context {
		return &std.Context{
			MaxOutput: stringMax, Shared: shared, Metrics: metrics, Logger: logger, Where: b.where,
			String: func(made []byte) string { return unsafe.String(unsafe.SliceData(made), len(made)) }, // until it is given to Lua
		}
	}
	b.describing = func(c *std.Context) {
		c.Quiet, c.Now = true, func() time.Time { return w.now }
		c.Random = func(p []byte) {
			var word [8]byte
			for len(p) > 0 {
				binary.LittleEndian.PutUint64(word[:], d.random.Uint64())
				p = p[copy(p, word[:]):]
			}
		}
	}
	return b
}

// surroundings are what the functions see.
func (b *jitStandard) surroundings() *std.Context {
	if b.context == nil {
		b.context = b.fresh()
		if b.describing != nil {
			b.describing(b.context)
		}
	}
	return b.context
}

// run ends the description: time goes on, and log lines are written.
func (b *jitStandard) run() {
	b.describing = nil
	if c := b.context; c != nil {
		c.Now, c.Random, c.Quiet = nil, nil, false
	}
}

// where tells whose log line it is.
func (b *jitStandard) where() []slog.Attr {
	list := make([]slog.Attr, 0, 3)
	if b.seat != nil && b.seat.function.stage != "" {
		list = append(list, slog.String("pipeline", b.seat.function.pipelineName), slog.String("stage", b.seat.function.stage))
	}
	return append(list, slog.String("position", b.file+":"+strconv.Itoa(b.line)))
}

// group tells what stands behind gopiper.NAME: the numbers of the functions of a
// group by their names; those of methods begin with a colon, and one that is the
// group itself has no name.
func (b *jitStandard) group(c *luajit.Call) error {
	name, _ := c.Value(0).(string)
	g := std.Find(name)
	if g == nil {
		c.ReturnNil()
		return nil
	}
	t := &luajit.Table{Fields: make(map[any]any)}
	for i := range b.functions {
		f := &b.functions[i]
		switch rest := strings.TrimPrefix(f.Name, g.Name); {
		case rest == "" && f.Name == g.Name:
			t.Fields[""] = float64(i)
		case rest == f.Name:
		case rest[0] == ':':
			t.Fields[rest] = float64(i)
		case rest[0] == '.':
			t.Fields[rest[1:]] = float64(i)
		}
	}
	return c.Return(t)
}

// place keeps the file and the line of the script for the log line that is written next.
func (b *jitStandard) place(c *luajit.Call) error {
	b.file, _ = c.Value(0).(string)
	line, _ := c.Number(1)
	b.line = int(line)
	return nil
}

// logs tells whether the function of the group log whose number is the argument logs.
func (b *jitStandard) logs(c *luajit.Call) error {
	number, _ := c.Number(0)
	c.ReturnBool(b.surroundings().Logs(b.functions[int(number)].Name))
	return nil
}

// call calls the function whose number is the first argument.
func (b *jitStandard) call(c *luajit.Call) error {
	b.reader = c.Reader()
	b.reader.Next(&b.item)
	f := &b.functions[int(b.item.Number)]
	st, _ := c.Host().(*jitState)
	b.seat = nil
	if st != nil {
		b.seat = st.seat
		if b.seat.table != nil {
			b.seat.begin(c) // the message at hand is what changes its state
		}
	}
	defer b.forget()
	if err := b.gather(f, c.Len()-1); err != nil {
		return err
	}
	results, err := f.Call(b.surroundings(), b.arguments)
	if err != nil {
		return err
	}
	for i := range results {
		b.give(c, &results[i])
	}
	return nil
}

// object is a counter or gauge as scripts hold it; the same one has one number.
func (b *jitStandard) object(of any) luajit.Object {
	n, ok := b.numbers[of]
	if !ok && len(b.objects) < math.MaxInt32 {
		if b.numbers == nil {
			b.numbers = make(map[any]uint32)
		}
		n = uint32(len(b.objects))
		b.objects, b.numbers[of] = append(b.objects, of), n
	}
	kind := luajit.Gauge
	if _, counts := of.(std.Counter); counts {
		kind = luajit.Counter
	}
	return luajit.Object{Kind: kind, Number: n}
}
