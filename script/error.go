package script

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"github.com/gopiper/gopiper/plan"
)

// Error is what is wrong with a script: where, what, and what to do.
type Error struct {
	Position plan.Position `json:"position"`
	Message  string        `json:"message"`
	// Stack is how the script got there, one "file:line: in …" a line, the
	// innermost first; "" if that is no more than Position.
	Stack string `json:"stack,omitempty"`

	cause error // why it was called off; nil if it was not
}

// Unwrap returns why the script was called off, such as context.Canceled; nil if it was
// not.
func (e *Error) Unwrap() error { return e.cause }

// Error returns "file:line: message", without the stack.
func (e *Error) Error() string {
	if at := e.Position.String(); at != "" {
		return at + ": " + e.Message
	}
	return e.Message
}

// stackShown is how many functions are shown in a report's description.
const stackShown = 6

// description is the error with its stack, for a report: on one line, the innermost
// function first.
func (e *Error) description() string {
	if e.Stack == "" {
		return e.Error()
	}
	lines := strings.Split(e.Stack, "\n")
	if len(lines) > stackShown {
		lines = append(lines[:stackShown-1], "…", lines[len(lines)-1])
	}
	return e.Error() + "; stack: " + strings.ReplaceAll(strings.Join(lines, " < "), ": in ", " in ")
}

// runtimeError turns what a protected call returned into an Error: it finds the
// position and says in better words what the Lua engine says.
func (s *Script) runtimeError(err error) *Error {
	var api *lua.ApiError
	if !errors.As(err, &api) {
		return &Error{Position: plan.Position{File: s.name}, Message: err.Error()}
	}
	stack := s.userStack(api.StackTrace)
	at, message := s.splitPosition(errorText(api))
	if strings.TrimSpace(message) == "" {
		message = "the error has no message"
	}
	message = shorten(message, descriptionMax)
	if at == (plan.Position{}) && len(stack) > 0 {
		at, _ = s.splitPosition(stack[0])
	}
	if at == (plan.Position{}) {
		at.File = s.name
	}
	e := &Error{Position: at, Message: s.reword(at, message)}
	if len(stack) > 1 || len(stack) == 1 && !strings.HasPrefix(stack[0], at.String()+":") {
		e.Stack = strings.Join(stack, "\n")
	}
	return e
}

// errorText is the text of the error that was raised.
func errorText(err *lua.ApiError) string {
	switch value := err.Object.(type) {
	case lua.LString, lua.LNumber:
		if value.String() == "lua callstack overflow" { // what the engine panics with
			return "stack overflow"
		}
		if err.Type == lua.ApiErrorPanic {
			return "the Lua engine failed: " + value.String()
		}
		return value.String()
	case *lua.LTable:
		if message := value.RawGetString("message"); message.Type() == lua.LTString {
			return message.String()
		}
		return "the error is a table without a message"
	}
	return "the error is a " + err.Object.Type().String() + " value"
}

// splitPosition cuts "file:line: " off the beginning of a text, if file is one
// of the script's.
func (s *Script) splitPosition(text string) (plan.Position, string) {
	for _, file := range s.world.files() {
		rest, ok := strings.CutPrefix(text, file+":")
		if !ok {
			continue
		}
		digits, rest, ok := strings.Cut(rest, ":")
		line, err := strconv.Atoi(digits)
		if ok && err == nil {
			return plan.Position{File: file, Line: line}, strings.TrimPrefix(rest, " ")
		}
	}
	return plan.Position{}, text
}

// userStack returns the lines of a Lua traceback that are the script's own.
func (s *Script) userStack(trace string) []string {
	var lines []string
	for line := range strings.SplitSeq(trace, "\n") {
		line = strings.TrimSpace(line)
		at, where := s.splitPosition(line)
		if strings.HasSuffix(where, ":0>") {
			where = "in main chunk" // of a module
		}
		line = at.String() + ": " + where
		if at.File != "" && (len(lines) == 0 || lines[len(lines)-1] != line) {
			lines = append(lines, line)
		}
	}
	return lines
}

const notFunction = "attempt to call a non-function object"

var (
	indexing    = regexp.MustCompile(`^attempt to index a non-table object\((\w+)\) with key '(.*)'$`)
	calculating = regexp.MustCompile(`^cannot perform (\w+) operation between (\w+) and (\w+)$`)
	comparing   = regexp.MustCompile(`^attempt to compare (\w+) with (\w+)$`)
	joining     = regexp.MustCompile(`^cannot join a (\w+) value with \.\., operand (\d+)$`)
	overflowing = regexp.MustCompile(`^(stack overflow|registry overflow)$`)
	passing     = regexp.MustCompile(`^bad argument #(\d+) to (\S+) \((.*)\)$`)
)

// reword says in better words what the Lua engine says, with the names of what was
// at hand where the code tells.
func (s *Script) reword(at plan.Position, message string) string {
	proto := s.world.proto(at.File)
	if proto == nil {
		proto = &lua.FunctionProto{}
	}
	if message == notFunction {
		return s.notFunction(callsAt(proto, at.Line, nil))
	}
	if m := indexing.FindStringSubmatch(message); m != nil {
		what := "what stands before it"
		if name, n := indexedAt(proto, at.Line, m[2]); n == 1 && name != "" {
			what = name
		}
		return fmt.Sprintf("cannot get the field %q of a %s value; %s is %s%s", m[2], m[1], what, article(m[1]), ifMissing(m[1]))
	}
	if m := calculating.FindStringSubmatch(message); m != nil {
		names, n := operandsAt(proto, at.Line, arithmetic)
		return fmt.Sprintf("cannot %s a %s value and a %s value", verbs[m[1]], m[2], m[3]) + blamed(names, n, m[2], m[3], "number")
	}
	if m := comparing.FindStringSubmatch(message); m != nil {
		names, n := operandsAt(proto, at.Line, comparisons)
		if n == 1 && m[1] == "number" || m[1] == "string" && m[2] != "string" { // a > b is b < a
			return fmt.Sprintf("cannot compare a %s value with a %s value", m[1], m[2]) + blamed(names, n, m[1], m[2], m[1])
		}
		return fmt.Sprintf("cannot compare a %s value with a %s value", m[1], m[2]) + blamed(names, n, m[1], m[2], m[2])
	}
	if m := joining.FindStringSubmatch(message); m != nil {
		operand, _ := strconv.Atoi(m[2])
		what := ""
		if name, n := joinedAt(proto, at.Line, operand); n == 1 && name != "" {
			what = "; " + name + " is " + article(m[1])
		}
		return fmt.Sprintf("cannot join %s value with ..%s; use tostring(x) for what may be no string, or (x or \"\")", "a "+m[1], what)
	}
	if overflowing.MatchString(message) {
		return message + ": functions call one another too deep, or too many values are passed at once"
	}
	return passing.ReplaceAllString(message, `argument $1 of $2: $3`)
}

// notFunction says what is called that is no function.
func (s *Script) notFunction(names []string) string {
	hints := make(map[string]string) // of those that are near to what there is
	for _, name := range names {
		if hint := suggest(name, s.library); hint != "" && !slices.Contains(s.library, name) {
			hints[name] = hint
		}
	}
	for name, hint := range hints {
		if len(hints) == 1 {
			return strconv.Quote(name) + " is not a function, or is nil" + hint
		}
	}
	if len(names) == 1 {
		return strconv.Quote(names[0]) + " is not a function, or is nil; is it spelled right?"
	}
	return "what is called here is not a function, or is nil; is it spelled right?"
}

// ifMissing says what to do about a value that is not there, or is no table.
func ifMissing(kind string) string {
	if kind == "nil" {
		return "; where it may be missing, ask first: if x then … end"
	}
	return ""
}

// blamed says which of two values is not of the wanted type, where it comes from,
// and what to do.
func blamed(names operands, n int, left, right, wanted string) string {
	kind, name := left, names.left
	if left == wanted {
		kind, name = right, names.right
	}
	if name == "" || n != 1 {
		name = "one of them"
	}
	switch kind {
	case "nil":
		return fmt.Sprintf("; %s is nil: is it missing, or spelled differently? Write (x or 0) for what may be missing", name)
	case "string":
		return fmt.Sprintf("; %s is a string: write tonumber(x)", name)
	case "table", "function", "boolean":
		if n == 1 && name != "one of them" {
			return fmt.Sprintf("; %s is a %s", name, kind)
		}
	case "userdata":
		return fmt.Sprintf("; %s is null, an object, a list or a whole number beyond 2^53: write tonumber(x), or ask for gopiper.null first", name)
	}
	return ""
}

// verbs are what the engine calls operations, in full.
var verbs = map[string]string{
	"add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "mod": "take the remainder of", "pow": "raise to a power",
}

// article puts "a" before a type, save nil.
func article(kind string) string {
	if kind == "nil" {
		return kind
	}
	return "a " + kind
}
