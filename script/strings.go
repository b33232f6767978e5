package script

import (
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/script/pattern"
)

// openStrings gives the state a string library of our own, instead of the
// engine's: it works on bytes (upper and lower leave bytes above 127 alone),
// knows frontier patterns, allocates little, and has limits on time and memory.
func (st *state) openStrings(globals *lua.LTable) {
	L := st.lua
	table := L.CreateTable(0, 0)
	st.set(table, map[string]lua.LGFunction{
		"byte": stringByte, "char": stringChar, "find": st.stringFind, "format": st.stringFormat,
		"gmatch": st.stringGmatch, "gsub": st.stringGsub, "len": stringLen, "lower": st.stringLower,
		"match": st.stringMatch, "rep": st.stringRep, "reverse": st.stringReverse, "sub": stringSub,
		"upper": st.stringUpper,
	})
	table.RawSetString("dump", st.forbid("string.dump", "a script cannot look at compiled functions"))
	globals.RawSetString("string", table)
	meta := L.CreateTable(0, 4)
	meta.RawSetString("__index", table)
	meta.RawSetString("__metatable", lua.LFalse)
	st.set(meta, stringArithmetic())
	L.SetMetatable(lua.LString(""), meta)
}

func stringByte(L *lua.LState) int {
	text := textArgument(L, 1)
	at := optional(L, 2, 1)
	from, to := pattern.Span(len(text), at, optional(L, 3, at))
	for _, c := range []byte(text[from:to]) {
		L.Push(lua.LNumber(c))
	}
	return to - from
}

func stringChar(L *lua.LState) int {
	out := make([]byte, L.GetTop())
	for i := range out {
		c := integer(L, i+1)
		if !(0 <= c && c <= 255) {
			L.ArgError(i+1, "a byte is 0 to 255")
		}
		out[i] = byte(c)
	}
	L.Push(lua.LString(out))
	return 1
}

func stringLen(L *lua.LState) int {
	L.Push(lua.LNumber(len(textArgument(L, 1))))
	return 1
}

func stringSub(L *lua.LState) int {
	text := textArgument(L, 1)
	from, to := pattern.Span(len(text), integer(L, 2), optional(L, 3, -1))
	L.Push(lua.LString(text[from:to]))
	return 1
}

func (st *state) stringReverse(L *lua.LState) int {
	text := textArgument(L, 1)
	out := append(st.grow(L, st.take(), len(text)), text...)
	slices.Reverse(out)
	return st.push(L, out)
}

func (st *state) stringUpper(L *lua.LState) int { return st.convertCase(L, 'a', 'z') }
func (st *state) stringLower(L *lua.LState) int { return st.convertCase(L, 'A', 'Z') }

// convertCase flips the case of the letters from first to last.
func (st *state) convertCase(L *lua.LState, first, last byte) int {
	text := textArgument(L, 1)
	out := append(st.grow(L, st.take(), len(text)), text...)
	for i, c := range out {
		if first <= c && c <= last {
			out[i] = c ^ 0x20
		}
	}
	return st.push(L, out)
}

func (st *state) stringRep(L *lua.LState) int {
	text, n := textArgument(L, 1), max(0, integer(L, 2))
	if text == "" {
		n = 0
	}
	if !(float64(len(text))*n <= stringMax) {
		n = stringMax + 1
	}
	st.guard.spend(L, len(text)*int(n))
	L.Push(lua.LString(strings.Repeat(text, int(n))))
	return 1
}

// match runs the matcher within the limits of the call.
func (st *state) match(L *lua.LState, text, wanted string, init int) (start, end int, found bool) {
	if st.matcher.Fuel <= 0 {
		st.matcher.Fuel = quantum
	}
	start, end, found, err := st.matcher.Match(text, wanted, init)
	if err != nil {
		if err == pattern.ErrFuel && st.guard.tripped != nil {
			err = st.guard.tripped
		}
		L.RaiseError("%s", err.Error())
	}
	return start, end, found
}

// pushCapture pushes capture i, or the whole match if there are none.
func (st *state) pushCapture(L *lua.LState, text string, start, end, i int) {
	if st.matcher.Captures() == 0 {
		L.Push(lua.LString(text[start:end]))
		return
	}
	capture, offset, isPosition := st.matcher.Capture(i)
	if isPosition {
		L.Push(lua.LNumber(offset + 1))
		return
	}
	L.Push(lua.LString(capture))
}

// pushCaptures pushes all captures, or the whole match, and returns how many.
func (st *state) pushCaptures(L *lua.LState, text string, start, end int) int {
	n := max(1, st.matcher.Captures())
	for i := range n {
		st.pushCapture(L, text, start, end, i)
	}
	return n
}

// startAt turns Lua's third argument of find and match into an offset.
func startAt(L *lua.LState, n int) int {
	init := optional(L, 3, 1)
	if init < 0 {
		init += float64(n) + 1
	}
	return int(min(max(init, 1), float64(n+1))) - 1
}

func (st *state) stringFind(L *lua.LState) int {
	text, wanted := textArgument(L, 1), textArgument(L, 2)
	init := startAt(L, len(text))
	if lua.LVAsBool(L.Get(4)) || pattern.Literal(wanted) {
		st.guard.charge(L, len(text)-init)
		i := strings.Index(text[init:], wanted)
		if i < 0 {
			L.Push(lua.LNil)
			return 1
		}
		L.Push(lua.LNumber(init + i + 1))
		L.Push(lua.LNumber(init + i + len(wanted)))
		return 2
	}
	start, end, found := st.match(L, text, wanted, init)
	if !found {
		L.Push(lua.LNil)
		return 1
	}
	L.Push(lua.LNumber(start + 1))
	L.Push(lua.LNumber(end))
	if st.matcher.Captures() == 0 {
		return 2
	}
	return 2 + st.pushCaptures(L, text, start, end)
}

func (st *state) stringMatch(L *lua.LState) int {
	text, wanted := textArgument(L, 1), textArgument(L, 2)
	start, end, found := st.match(L, text, wanted, startAt(L, len(text)))
	if !found {
		L.Push(lua.LNil)
		return 1
	}
	return st.pushCaptures(L, text, start, end)
}

func (st *state) stringGmatch(L *lua.LState) int {
	text, wanted := textArgument(L, 1), textArgument(L, 2)
	if strings.HasPrefix(wanted, "^") {
		wanted = "%" + wanted // it is no anchor here
	}
	at := 0
	L.Push(L.NewFunction(func(L *lua.LState) int {
		if at > len(text) {
			return 0
		}
		start, end, found := st.match(L, text, wanted, at)
		if !found {
			at = len(text) + 1
			return 0
		}
		if at = end; start == end {
			at++
		}
		return st.pushCaptures(L, text, start, end)
	}))
	return 1
}

func (st *state) stringGsub(L *lua.LState) int {
	text, wanted := textArgument(L, 1), textArgument(L, 2)
	replacement := L.Get(3)
	if n, ok := replacement.(lua.LNumber); ok {
		replacement = lua.LString(numberText(n))
	}
	switch replacement.(type) {
	case lua.LString, *lua.LTable, *lua.LFunction:
	default:
		L.ArgError(3, "expected a string, a table or a function, got "+replacement.Type().String())
	}
	most := optional(L, 4, float64(len(text)+1))
	anchored := strings.HasPrefix(wanted, "^")
	out := st.take()
	at, count := 0, 0
	for float64(count) < most && at <= len(text) {
		start, end, found := st.match(L, text, wanted, at)
		if !found {
			break
		}
		count++
		out = append(st.grow(L, out, start-at), text[at:start]...)
		out = st.replace(L, out, replacement, text, start, end)
		at = end
		if start == end {
			if at < len(text) {
				out = append(out, text[at])
			}
			at++
		}
		if anchored {
			break
		}
	}
	if at < len(text) {
		out = append(st.grow(L, out, len(text)-at), text[at:]...)
	}
	if count == 0 {
		st.buffer = out
		if L.Get(1).Type() == lua.LTString {
			L.Push(L.Get(1))
		} else {
			L.Push(lua.LString(text))
		}
	} else {
		st.push(L, out)
	}
	L.Push(lua.LNumber(count))
	return 2
}

// replace appends what replaces one match.
func (st *state) replace(L *lua.LState, out []byte, replacement lua.LValue, text string, start, end int) []byte {
	var value lua.LValue
	switch r := replacement.(type) {
	case lua.LString:
		return st.expand(L, out, string(r), text, start, end)
	case *lua.LTable:
		st.pushCapture(L, text, start, end, 0)
		value = L.GetTable(r, L.Get(-1))
		L.Pop(1)
	case *lua.LFunction:
		L.Push(r)
		L.Call(st.pushCaptures(L, text, start, end), 1)
		value = L.Get(-1)
		L.Pop(1)
	}
	switch value.(type) {
	case lua.LString, lua.LNumber:
		return st.appendText(L, out, value)
	}
	if lua.LVAsBool(value) {
		L.RaiseError("string.gsub: a replacement must be a string, a number, nil or false, not a %s value", value.Type())
	}
	return append(st.grow(L, out, end-start), text[start:end]...)
}

// expand appends a replacement string, in which %1 stands for a capture.
func (st *state) expand(L *lua.LState, out []byte, replacement, text string, start, end int) []byte {
	for {
		i := strings.IndexByte(replacement, '%')
		if i < 0 {
			return append(st.grow(L, out, len(replacement)), replacement...)
		}
		out = append(st.grow(L, out, i), replacement[:i]...)
		if i+1 == len(replacement) {
			return append(out, 0) // what C finds behind the end
		}
		c := replacement[i+1]
		replacement = replacement[i+2:]
		switch {
		case c == '0', c == '1' && st.matcher.Captures() == 0:
			out = append(st.grow(L, out, end-start), text[start:end]...)
		case '1' <= c && c <= '9':
			if int(c-'1') >= st.matcher.Captures() {
				L.RaiseError("string.gsub: %%%c stands for no capture of the pattern", c)
			}
			capture, offset, isPosition := st.matcher.Capture(int(c - '1'))
			if isPosition {
				capture = strconv.Itoa(offset + 1)
			}
			out = append(st.grow(L, out, len(capture)), capture...)
		default:
			out = append(out, c)
		}
	}
}
