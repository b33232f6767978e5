package script

import (
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gopiper/gopiper/script/luajit"
	"github.com/gopiper/gopiper/script/std"
)

// jitStandard is the standard library of a state of LuaJIT.
type jitStandard struct {
	seat      *jitSeat // that runs; nil while the script describes
	functions []std.Function
	context   std.Context
	arguments []std.Value
	left      int // values that the arguments may still hold
	objects   []any
	numbers   map[any]uint32 // of the objects
	position  string         // of the script, for log lines
}

// jitFunctions are the functions of the library, which all states share.
var jitFunctions = sync.OnceValue(std.Functions)

func newJITStandard(d *describing) *jitStandard {
	w, options := d.script.world, d.script.options
	b := &jitStandard{functions: jitFunctions(), numbers: make(map[any]uint32)}
	b.context = std.Context{
		MaxOutput: stringMax, Shared: d.script.shared, Metrics: options.Metrics, Logger: options.Logger, Where: b.where,
		Now: func() time.Time { return w.now }, Quiet: true,
		Random: func(p []byte) {
			var word [8]byte
			for len(p) > 0 {
				binary.LittleEndian.PutUint64(word[:], d.random.Uint64())
				p = p[copy(p, word[:]):]
			}
		},
	}
	return b
}

// run ends the description: time goes on, and log lines are written.
func (b *jitStandard) run() { b.context.Now, b.context.Random, b.context.Quiet = nil, nil, false }

// where tells whose log line it is.
func (b *jitStandard) where() []slog.Attr {
	list := make([]slog.Attr, 0, 3)
	if b.seat != nil && b.seat.function.stage != "" {
		list = append(list, slog.String("pipeline", b.seat.function.pipelineName), slog.String("stage", b.seat.function.stage))
	}
	return append(list, slog.String("position", b.position))
}

// at is told where the script is, before it logs.
func (b *jitStandard) at(c *luajit.Call) error {
	file, _ := c.Bytes(0)
	line, _ := c.Number(1)
	b.position = fmt.Sprintf("%s:%d", file, int(line))
	return nil
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

// call calls the function whose number is the first argument.
func (b *jitStandard) call(c *luajit.Call) error {
	n, _ := c.Number(0)
	f := &b.functions[int(n)]
	st, _ := c.Host().(*jitState)
	b.seat = nil
	if st != nil {
		b.seat = st.seat
		if b.seat.table != nil {
			b.seat.begin(c) // the message at hand is what changes its state
		}
	}
	b.arguments, b.left = b.arguments[:0], argumentsMax
	defer func() { clear(b.arguments) }()
	for i := 1; i < c.Len(); i++ {
		value, err := b.argument(c, i)
		if err != nil {
			return fmt.Errorf("bad argument #%d to '%s' (%w)", i, f.Short(), err)
		}
		b.arguments = append(b.arguments, value)
	}
	results, err := f.Call(&b.context, b.arguments)
	if err != nil {
		return err
	}
	for _, value := range results {
		switch value.Kind {
		case std.String:
			c.ReturnText(value.Text)
		case std.Number:
			c.ReturnNumber(value.Number)
		default:
			if err := c.Return(b.toLua(value)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *jitStandard) argument(c *luajit.Call, i int) (std.Value, error) {
	if text, ok := c.Bytes(i); ok {
		return std.Text(string(text)), nil
	}
	if f, ok := c.Number(i); ok {
		return std.Num(f), nil
	}
	return b.fromLua(c.Value(i), 0)
}

// fromLua turns a value into one of the library.
func (b *jitStandard) fromLua(value any, depth int) (std.Value, error) {
	switch v := value.(type) {
	case nil:
		return std.Value{}, nil
	case string:
		return std.Text(v), nil
	case float64:
		return std.Num(v), nil
	case bool:
		return std.Flag(v), nil
	case luajit.Null:
		return std.Value{Kind: std.Null}, nil
	case luajit.Exact:
		return std.Value{Kind: std.Exact, Text: string(v)}, nil
	case luajit.Object:
		return b.fromObject(v)
	case luajit.Other:
		return std.Value{Kind: std.Other, Text: string(v)}, nil
	case *luajit.Table:
		if depth >= argumentDepthMax {
			return std.Value{}, fmt.Errorf("tables are nested deeper than %d, or in themselves", argumentDepthMax)
		}
		return b.fromTable(v, depth)
	}
	return std.Value{Kind: std.Other, Text: "userdata"}, nil
}

func (b *jitStandard) fromObject(o luajit.Object) (std.Value, error) {
	switch o.Kind {
	case luajit.Counter, luajit.Gauge:
		return std.Value{Kind: std.Object, Object: b.objects[o.Number]}, nil
	case luajit.JSONObject, luajit.JSONArray:
		if b.seat == nil {
			return std.Value{}, errFragmentOver
		}
		_, f, err := b.seat.fragment(o)
		if err != nil {
			return std.Value{}, err
		}
		out, err := f.text(nil)
		return std.Value{Kind: std.JSON, Text: string(out)}, err
	}
	return std.Value{Kind: std.Other, Text: jitObjectNames[o.Kind]}, nil
}

func (b *jitStandard) fromTable(v *luajit.Table, depth int) (std.Value, error) {
	t := &std.Table{Array: v.Mark == luajit.MarkedArray}
	if b.left -= len(v.Items) + len(v.Fields); b.left < 0 {
		return std.Value{}, fmt.Errorf("its tables hold more than %d values; does one contain itself?", argumentsMax)
	}
	for i, item := range v.Items {
		element, err := b.fromLua(item, depth+1)
		if err != nil {
			return std.Value{}, deeper(fmt.Sprintf("[%d]", i+1), depth, err)
		}
		t.List = append(t.List, element)
	}
	for key := range v.Fields {
		switch k := key.(type) {
		case string:
			t.Names = append(t.Names, k)
		case float64:
			return std.Value{}, fmt.Errorf("a list has the elements 1, 2, 3 and so on without a hole; [%s] comes where [%d] is expected",
				std.FormatNumber(k), len(t.List)+1)
		default:
			return std.Value{}, fmt.Errorf("a table has names or the numbers 1, 2, 3 … as keys, not %s", jitDescribe(key))
		}
	}
	slices.Sort(t.Names)
	for _, name := range t.Names {
		element, err := b.fromLua(v.Fields[name], depth+1)
		if err != nil {
			return std.Value{}, deeper("."+name, depth, err)
		}
		t.Fields = append(t.Fields, element)
	}
	if len(t.List) > 0 && v.Mark == luajit.MarkedObject {
		return std.Value{}, errors.New("a gopiper.object has names, not numbers; use tostring(…) for its keys")
	}
	return std.OfTable(t), nil
}

// toLua turns a value of the library into one for LuaJIT.
func (b *jitStandard) toLua(value std.Value) any {
	switch value.Kind {
	case std.Boolean:
		return value.Bool
	case std.Number:
		return value.Number
	case std.String:
		return value.Text
	case std.Map:
		t := &luajit.Table{}
		if value.Table.Array {
			t.Mark = luajit.MarkedArray
		}
		for _, element := range value.Table.List {
			t.Items = append(t.Items, b.toLua(element))
		}
		for i, name := range value.Table.Names {
			if t.Fields == nil {
				t.Fields = make(map[any]any, len(value.Table.Names))
			}
			t.Fields[name] = b.toLua(value.Table.Fields[i])
		}
		return t
	case std.Null:
		return luajit.Null{}
	case std.Exact:
		return luajit.Exact(value.Text)
	case std.Object:
		return b.object(value.Object)
	}
	return nil
}

// object is a counter or gauge as scripts hold it; the same one has one number.
func (b *jitStandard) object(of any) luajit.Object {
	n, ok := b.numbers[of]
	if !ok && len(b.objects) < math.MaxInt32 {
		n = uint32(len(b.objects))
		b.objects, b.numbers[of] = append(b.objects, of), n
	}
	kind := luajit.Gauge
	if _, counts := of.(std.Counter); counts {
		kind = luajit.Counter
	}
	return luajit.Object{Kind: kind, Number: n}
}
