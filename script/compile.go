package script

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/parse"

	"github.com/gopiper/gopiper/plan"
)

// sourceMax bounds the size of a script or module, in bytes.
const sourceMax = 1 << 20

// chunk is a compiled script or module. It never changes: all Lua states share
// it.
type chunk struct {
	name   string
	source []byte // as it was parsed
	proto  *lua.FunctionProto
	// functions holds the names of the functions that have one.
	functions map[lines]string
}

// lines are the first and the last line of a function.
type lines struct{ first, last int }

// compileChunk compiles the source of a script or module.
func compileChunk(name string, source []byte) (result *chunk, err *Error) {
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, &Error{Position: plan.Position{File: name}, Message: fmt.Sprintf("the Lua compiler failed: %v", p)}
		}
	}()
	if len(source) > sourceMax {
		return nil, &Error{
			Position: plan.Position{File: name},
			Message:  fmt.Sprintf("the script is longer than %d MiB; read data with gopiper.read_file", sourceMax>>20),
		}
	}
	source = bytes.TrimPrefix(source, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(source, []byte("#")) { // a line for the operating system
		source = append([]byte("--"), source...)
	}
	statements, problem := parse.Parse(bytes.NewReader(source), name)
	if problem != nil {
		return nil, syntaxError(name, source, problem)
	}
	if escape, line := tooLarge(source); escape != "" {
		return nil, &Error{Position: plan.Position{File: name, Line: line}, Message: "the escape " + escape + ` in a string is beyond \255; write a byte, or several, as \000 to \255`}
	}
	r := rewriter{functions: make(map[lines]string), visited: make(map[lines]bool), plain: plainly(source)}
	r.function(statements)
	if r.problem != "" {
		return nil, &Error{Position: plan.Position{File: name, Line: r.line}, Message: r.problem}
	}
	proto, problem := lua.Compile(statements, name)
	if problem != nil {
		return nil, syntaxError(name, source, problem)
	}
	nameCalls(proto)
	return &chunk{name: name, source: source, proto: proto, functions: r.functions}, nil
}

// nameCalls gives calls without a name, t[""](), one: the engine panics when it
// writes a traceback with an empty name in it.
func nameCalls(proto *lua.FunctionProto) {
	for i := range proto.DbgCalls {
		if proto.DbgCalls[i].Name == "" {
			proto.DbgCalls[i].Name = "?"
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		nameCalls(inner)
	}
}

// syntaxError says in better words what the parser and the compiler say.
func syntaxError(name string, source []byte, err error) *Error {
	at := plan.Position{File: name}
	var compiling *lua.CompileError
	if errors.As(err, &compiling) {
		at.Line = max(1, compiling.Line)
		message := compiling.Message
		if strings.HasPrefix(message, "too many") || strings.HasPrefix(message, "register overflow") {
			message += "; a function can have 200 at most: put them into a table, or the code into functions"
		}
		return &Error{Position: at, Message: message}
	}
	var parsing *parse.Error
	if !errors.As(err, &parsing) {
		return &Error{Position: at, Message: "the Lua parser failed: " + err.Error()}
	}
	at.Line = parsing.Pos.Line
	atEnd := at.Line < 1
	if atEnd {
		at.Line = 1 + bytes.Count(bytes.TrimRight(source, "\r\n"), []byte("\n"))
	}
	near := shorten(parsing.Token, 40)
	message := parsing.Message
	switch {
	case strings.HasPrefix(message, "unterminated multiline"):
		message = "a long string has no end; close it with ]]"
	case strings.HasPrefix(message, "invalid multiline"):
		message = "a long comment or string has no end; close it with ]]"
	case message == "unterminated string":
		if !atEnd {
			at.Line = max(1, at.Line-1) // the parser has read the end of the line
		}
		message = fmt.Sprintf("the string %q has no end; close it with a quote on the same line", near)
	case atEnd:
		message = missingAtEnd(source)
	case strings.HasPrefix(message, "ambiguous"):
		message = "ambiguous: a call or a new statement? put a semicolon before the ( or put it on the line of the function"
	default:
		message = fmt.Sprintf("syntax error near %q", near) + hintNear(source, parsing.Pos, parsing.Token)
	}
	return &Error{Position: at, Message: message}
}

// inserted are the functions that scripts call without spelling it.
var inserted = map[string]bool{concatName: true, forName: true, "%": true, "^": true}

// callsAt collects the names of what is called on a line.
func callsAt(proto *lua.FunctionProto, line int, names []string) []string {
	for _, call := range proto.DbgCalls {
		if call.Pc >= 0 && call.Pc < len(proto.DbgSourcePositions) && proto.DbgSourcePositions[call.Pc] == line &&
			call.Name != "?" && !inserted[call.Name] && !slices.Contains(names, call.Name) {
			names = append(names, call.Name)
		}
	}
	for _, inner := range proto.FunctionPrototypes {
		names = callsAt(inner, line, names)
	}
	return names
}
