package luajit

import (
	"strconv"
	"strings"
)

// Error is what is wrong with a script, or what a function raised.
type Error struct {
	File    string
	Line    int // 0 if it is not known
	Message string
	// Stack is how the script got there, one "file:line: in …" a line, the
	// innermost first: the lines of the script's own; "" if there is none.
	Stack string
}

// Error returns "file:line: message", without the stack.
func (e *Error) Error() string {
	if e.Line > 0 {
		return e.File + ":" + strconv.Itoa(e.Line) + ": " + e.Message
	}
	return e.File + ": " + e.Message
}

// errorOf makes an Error of a text that may begin with a position, and a stack.
// The file and the line are those to name if there are no better.
func (s *State) errorOf(text, stack, file string, line int) *Error {
	text = strings.TrimPrefix(text, "library.lua:0: ") // of ours
	lines := strings.Split(strings.TrimSuffix(stack, "\n"), "\n")
	e := &Error{File: file, Line: line}
	if name, line, rest, ok := s.splitPosition(text); ok {
		e.File, e.Line, e.Message = name, line, rest
	} else {
		e.Message = text
		if name, line, _, ok := s.splitPosition(lines[0]); ok {
			e.File, e.Line = name, line
		}
	}
	if strings.TrimSpace(e.Message) == "" {
		e.Message = "the error has no message"
	}
	for i, line := range lines {
		if name, number, rest, ok := s.splitPosition(line); ok {
			lines[i] = name + ":" + strconv.Itoa(number) + ": " + rest
		}
	}
	e.Stack = strings.Join(lines, "\n")
	return e
}

// splitPosition cuts "file:line: " off the beginning of a text, if file is the
// abbreviated name of a source.
func (s *State) splitPosition(text string) (file string, line int, rest string, ok bool) {
	for _, known := range s.sources {
		after, found := strings.CutPrefix(text, known.short+":")
		if !found {
			continue
		}
		digits, rest, found := strings.Cut(after, ":")
		if number, err := strconv.Atoi(digits); found && err == nil {
			return known.name, number, strings.TrimPrefix(rest, " "), true
		}
	}
	return "", 0, "", false
}
