package script

import (
	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/compile"
)

// tableConcat is table.concat, without a limit on the number of elements but
// with one on the length of the result.
func (st *state) tableConcat(L *lua.LState) int {
	table, separator := L.CheckTable(1), L.OptString(2, "")
	first, last := L.OptInt(3, 1), L.OptInt(4, table.Len())
	out := st.take()
	for i := first; i <= last; i++ {
		value := table.RawGetInt(i)
		switch v := value.(type) {
		case lua.LString:
			out = append(out, v...)
		case lua.LNumber:
			out = compile.AppendNumber(out, float64(v))
		default:
			L.RaiseError("table.concat: element %d is a %s value; only strings and numbers can be joined", i, value.Type())
		}
		if i < last {
			out = append(out, separator...)
		}
		if len(out) > stringMax {
			st.guard.charge(L, len(out))
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

// push pushes the string that was built in a buffer.
func (st *state) push(L *lua.LState, out []byte) int {
	st.guard.charge(L, len(out))
	L.Push(lua.LString(out))
	if cap(out) <= 1<<20 {
		st.buffer = out
	}
	return 1
}

// concat does the work of the .. operator; see rewriter. It is right
// associative, and joins as many operands as possible at once.
func (st *state) concat(L *lua.LState) int {
	last := L.GetTop()
	right := L.Get(last)
	for i := last - 1; i >= 1; {
		left := L.Get(i)
		if !lua.LVCanConvToString(left) || !lua.LVCanConvToString(right) {
			right = st.concatMeta(L, left, right)
			i--
			continue
		}
		first := i
		for first > 1 && lua.LVCanConvToString(L.Get(first-1)) {
			first--
		}
		out := st.take()
		for j := first; j <= i; j++ {
			if out = appendText(out, L.Get(j)); len(out) > stringMax {
				st.guard.charge(L, len(out))
			}
		}
		st.push(L, appendText(out, right))
		right = L.Get(-1)
		i = first - 1
	}
	L.Push(right)
	return 1
}

func appendText(out []byte, value lua.LValue) []byte {
	switch v := value.(type) {
	case lua.LString:
		return append(out, v...)
	case lua.LNumber:
		return compile.AppendNumber(out, float64(v))
	}
	return append(out, value.String()...)
}

func (st *state) concatMeta(L *lua.LState, left, right lua.LValue) lua.LValue {
	event := L.GetMetaField(left, "__concat")
	if event == lua.LNil {
		event = L.GetMetaField(right, "__concat")
	}
	if event == lua.LNil {
		culprit := right
		if !lua.LVCanConvToString(left) {
			culprit = left
		}
		L.RaiseError("cannot join a %s value with ..; use tostring(…) for what may be no string", culprit.Type())
	}
	L.Push(event)
	L.Push(left)
	L.Push(right)
	L.Call(2, 1)
	result := L.Get(-1)
	L.Pop(1)
	return result
}
