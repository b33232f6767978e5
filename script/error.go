package script

import (
	"errors"
	"regexp"
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
}

// Error returns "file:line: message", without the stack.
func (e *Error) Error() string {
	if at := e.Position.String(); at != "" {
		return at + ": " + e.Message
	}
	return e.Message
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

var rewordings = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`^attempt to index a non-table object\((\w+)\) with key '(.*)'$`),
		`cannot get the field "$2" of a $1 value; what stands before it is $1`},
	{regexp.MustCompile(`^(stack overflow|registry overflow)$`),
		`$1: functions call one another too deep, or too many values are passed at once`},
	{regexp.MustCompile(`^cannot perform (\w+) operation between (\w+) and (\w+)$`),
		`cannot $1 a $2 value and a $3 value`},
	{regexp.MustCompile(`^bad argument #(\d+) to (\S+) \((.*)\)$`), `argument $1 of $2: $3`},
}

const notFunction = "attempt to call a non-function object"

// reword says in better words what the Lua engine says.
func (s *Script) reword(at plan.Position, message string) string {
	if message == notFunction {
		if names := s.world.calls(at); len(names) == 1 {
			return "\"" + names[0] + "\" is not a function, or is nil; is it spelled right?"
		}
		return "what is called here is not a function, or is nil; is it spelled right?"
	}
	for _, r := range rewordings {
		if r.pattern.MatchString(message) {
			return r.pattern.ReplaceAllString(message, r.text)
		}
	}
	return message
}
