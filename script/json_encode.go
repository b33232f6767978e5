package script

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/jsonview"
)

// encoder writes Lua values as JSON.
type encoder struct {
	marks
	st      *state // to charge; nil on LuaJIT
	L       *lua.LState
	out     []byte
	numbers map[uint64]string // texts that numbers were read with
	keys    []string
}

// tableCharge is what writing a table counts beside its bytes: it takes about as
// long as to look through a string of that length.
const tableCharge = 1 << 10

// marks are the values that tell what Lua has not.
type marks struct {
	arrayMark  *lua.LTable // of what gopiper.array has made
	objectMark *lua.LTable
	null       *lua.LUserData // gopiper.null
}

var errDeep = fmt.Errorf("tables are nested more than %d deep; does one contain itself?", jsonview.MaxDepth)

// toJSON returns a value as JSON, in the state's buffer, which is the caller's
// to give back. It raises an error that begins with what was assigned.
func (st *state) toJSON(L *lua.LState, v *view, value lua.LValue, what, key string) []byte {
	e := encoder{marks: st.marks, st: st, L: L, out: st.take(), numbers: v.origin().numbers}
	if err := e.value(value, 0); err != nil {
		L.RaiseError("%s", assigning(what, key, err).Error())
	}
	st.guard.charge(L, len(e.out))
	return e.out
}

// assigning is an error about what was assigned.
func assigning(what, key string, err error) error {
	if key != "" {
		what += " " + strconv.Quote(shorten(key, 40))
	}
	return fmt.Errorf("%s: %w", what, err)
}

func (e *encoder) value(value lua.LValue, depth int) error {
	switch v := value.(type) {
	case lua.LString:
		if e.st != nil {
			e.out = e.st.grow(e.L, e.out, len(v)+2)
		} else if len(e.out)+len(v) > stringMax {
			return fmt.Errorf("the JSON would be longer than %d MiB", stringMax>>20)
		}
		e.out = jsonview.AppendString(e.out, string(v))
		return nil
	case lua.LNumber:
		return e.number(float64(v))
	case lua.LBool:
		e.out = strconv.AppendBool(e.out, bool(v))
		return nil
	case *lua.LTable:
		if depth >= jsonview.MaxDepth {
			return errDeep
		}
		if e.st != nil {
			e.st.guard.charge(e.L, tableCharge)
		}
		return e.table(v, depth)
	case *lua.LUserData:
		switch held := v.Value.(type) {
		case *exact:
			e.out = append(e.out, held.text...)
			return nil
		case *piece:
			return e.fragment(&held.fragment)
		case *fragment:
			return e.fragment(held)
		}
		if v == e.null {
			e.out = append(e.out, "null"...)
			return nil
		}
	}
	return fmt.Errorf("%s cannot be written as JSON; use strings, numbers, booleans, gopiper.null and tables of them", describe(value))
}

// text writes a string.
func (e *encoder) text(text []byte) { e.out = jsonview.AppendString(e.out, text) }

func (e *encoder) fragment(f *fragment) (err error) {
	if err = f.usable(); err == nil {
		e.out, err = f.text(e.out)
	}
	return err
}

func (e *encoder) number(f float64) (err error) {
	if len(e.numbers) > 0 {
		if text, ok := e.numbers[math.Float64bits(f)]; ok {
			e.out = append(e.out, text...)
			return nil
		}
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Errorf("the number %s cannot be written as JSON; gopiper.null says that there is none", lua.LNumber(f).String())
	}
	e.out, err = jsonview.AppendFloat(e.out, f)
	return err
}

// table writes a table as an array if its keys are 1, 2, 3 and so on, or it is
// marked as one, and else as an object, with its keys in order.
func (e *encoder) table(table *lua.LTable, depth int) error {
	numbers, last, first := 0, 0.0, len(e.keys)
	defer func() { e.keys = e.keys[:first] }()
	for key, _ := table.Next(lua.LNil); key != lua.LNil; key, _ = table.Next(key) {
		switch k := key.(type) {
		case lua.LString:
			e.keys = append(e.keys, string(k))
		case lua.LNumber:
			if k < 1 || float64(k) != math.Floor(float64(k)) {
				return fmt.Errorf("a table has names or the numbers 1, 2, 3 … as keys, not %v", k.String())
			}
			numbers++
			last = max(last, float64(k))
		default:
			return fmt.Errorf("a table has names or the numbers 1, 2, 3 … as keys, not %s", describe(key))
		}
	}
	names := len(e.keys) - first
	switch {
	case numbers > 0 && names > 0:
		return errors.New("a table is either a list or has names, not both")
	case table.Metatable == e.arrayMark && names > 0:
		return fmt.Errorf("a gopiper.array has no name %q", e.keys[first])
	case table.Metatable == e.objectMark && numbers > 0:
		return errors.New("a gopiper.object has names, not numbers; use tostring(…) for its keys")
	case last != float64(numbers):
		return errors.New("a list has the elements 1, 2, 3 and so on without a gap; gopiper.null is JSON's null")
	case numbers > 0, table.Metatable == e.arrayMark:
		return e.list(table, numbers, depth)
	}
	slices.Sort(e.keys[first:])
	e.out = append(e.out, '{')
	for i := range names {
		if i > 0 {
			e.out = append(e.out, ',')
		}
		key := e.keys[first+i]
		e.out = append(jsonview.AppendString(e.out, key), ':')
		if err := e.value(table.RawGetString(key), depth+1); err != nil {
			return deepOr("."+key, err)
		}
	}
	e.out = append(e.out, '}')
	return nil
}

func (e *encoder) list(table *lua.LTable, length, depth int) error {
	e.out = append(e.out, '[')
	for i := 1; i <= length; i++ {
		if i > 1 {
			e.out = append(e.out, ',')
		}
		if err := e.value(table.RawGetInt(i), depth+1); err != nil {
			return deepOr("["+strconv.Itoa(i)+"]", err)
		}
	}
	e.out = append(e.out, ']')
	return nil
}

// deepOr tells where in a value the error is, unless that is deep in it.
func deepOr(step string, err error) error {
	if errors.Is(err, errDeep) {
		return err
	}
	return within(step, err)
}
