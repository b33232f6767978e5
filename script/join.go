package script

import (
	"unsafe"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/compile"
)

// tableConcat is table.concat, without a limit on the number of elements but
// with one on the length of the result.
func (st *state) tableConcat(L *lua.LState) int {
	table, separator := L.CheckTable(1), ""
	if L.Get(2) != lua.LNil {
		separator = textArgument(L, 2)
	}
	first, last := int(optional(L, 3, 1)), int(optional(L, 4, float64(table.Len())))
	out := st.take()
	for i := first; i <= last; i++ {
		value := table.RawGet(lua.LNumber(i))
		switch v := value.(type) {
		case lua.LString:
			out = append(st.grow(L, out, len(v)+len(separator)), v...)
		case lua.LNumber:
			out = compile.AppendNumber(st.grow(L, out, numberMax+len(separator)), float64(v))
		default:
			L.RaiseError("table.concat: element %d is a %s value; only strings and numbers can be joined", i, value.Type())
		}
		if i < last {
			out = append(out, separator...)
		}
	}
	return st.push(L, out)
}

// take takes the state's buffer to build a string in; push gives it back.
// Meanwhile whatever else builds a string makes a buffer of its own.
func (st *state) take() []byte {
	buffer := st.buffer[:0]
	st.buffer = nil
	return buffer
}

// bufferMax is how large a buffer is kept, in bytes.
const bufferMax = 1 << 20

// numberMax is how long the text of a number is at most.
const numberMax = 32

// push pushes the string that was built in a buffer. It becomes the string's
// own where it is large.
func (st *state) push(L *lua.LState, out []byte) int {
	st.guard.charge(L, len(out))
	if cap(out) <= bufferMax {
		L.Push(lua.LString(out))
		st.buffer = out
	} else {
		L.Push(lua.LString(unsafe.String(unsafe.SliceData(out), len(out))))
	}
	return 1
}

// grow returns the buffer with room for n bytes more, and raises an error if the
// call must not have that much memory.
func (st *state) grow(L *lua.LState, out []byte, n int) []byte {
	if n <= cap(out)-len(out) {
		return out
	}
	return st.moved(L, out, n)
}

// moved is grow of a buffer that is full.
func (st *state) moved(L *lua.LState, out []byte, n int) []byte {
	wanted := len(out) + n
	if wanted <= stringMax {
		wanted = min(max(wanted, 2*cap(out), 64), stringMax)
	}
	st.guard.spend(L, wanted)
	larger := make([]byte, len(out), wanted)
	copy(larger, out)
	return larger
}

// concat does the work of the .. operator; see rewriter. It is right
// associative, and joins as many operands as possible at once.
func (st *state) concat(L *lua.LState) int {
	last := L.GetTop()
	right := L.Get(last)
	for i := last - 1; i >= 1; {
		left := L.Get(i)
		if !lua.LVCanConvToString(left) || !lua.LVCanConvToString(right) {
			right = st.concatMeta(L, left, right, i)
			i--
			continue
		}
		first := i
		for first > 1 && lua.LVCanConvToString(L.Get(first-1)) {
			first--
		}
		out := st.take()
		for j := first; j <= i; j++ {
			out = st.appendText(L, out, L.Get(j))
		}
		st.push(L, st.appendText(L, out, right))
		right = L.Get(-1)
		i = first - 1
	}
	L.Push(right)
	return 1
}

func (st *state) appendText(L *lua.LState, out []byte, value lua.LValue) []byte {
	switch v := value.(type) {
	case lua.LString:
		return append(st.grow(L, out, len(v)), v...)
	case lua.LNumber:
		return compile.AppendNumber(st.grow(L, out, numberMax), float64(v))
	}
	return append(out, value.String()...)
}

func (st *state) concatMeta(L *lua.LState, left, right lua.LValue, operand int) lua.LValue {
	event := L.GetMetaField(left, "__concat")
	if event == lua.LNil {
		event = L.GetMetaField(right, "__concat")
	}
	if event == lua.LNil {
		culprit := right
		operand++
		if !lua.LVCanConvToString(left) {
			culprit = left
			operand--
		}
		L.RaiseError("cannot join a %s value with .., operand %d", culprit.Type(), operand)
	}
	L.Push(event)
	L.Push(left)
	L.Push(right)
	L.Call(2, 1)
	result := L.Get(-1)
	L.Pop(1)
	return result
}
