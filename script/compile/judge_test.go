package compile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"

	"github.com/gopiper/gopiper/component"
)

// testingT is what *testing.T and *rapid.T have in common.
type testingT interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

// sample is a function and a message for it.
type sample struct {
	before     string // what stands before the function: upvalues
	body       string
	data       string
	key        string
	timestamp  int64
	attributes map[string]string
}

func (s *sample) source() string { return s.before + "\nreturn function(msg)\n" + s.body + "\nend" }

// surroundings is the environment of a test: constants of before are known.
type surroundings struct {
	Standard
	known map[string]Meaning
}

func (e surroundings) Meaning(name string) Meaning {
	if m, ok := e.known[name]; ok {
		return m
	}
	return e.Standard.Meaning(name)
}

// environment knows what the statements before a function declare.
func environment(statements []ast.Stmt) surroundings {
	known := map[string]Meaning{
		"gopiper": Library("gopiper"), "gopiper.DONE": Constant(0.0), "gopiper.RETRY": Constant(100.0),
		"gopiper.FAIL": Constant(200.0), "gopiper.DROP": Constant(300.0), "gopiper.null": JSONNull(),
		"gopiper.env": Library("gopiper.env"),
	}
	e := surroundings{known: known}
	for _, s := range statements {
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			for i, name := range s.Names {
				if i < len(s.Exprs) {
					known[name] = e.constant(s.Exprs[i])
				}
			}
		case *ast.AssignStmt:
			known[s.Lhs[0].(*ast.IdentExpr).Value] = Assigned()
		}
	}
	return e
}

func (e surroundings) constant(x ast.Expr) Meaning {
	switch x := x.(type) {
	case *ast.NumberExpr:
		f, _ := strconv.ParseFloat(x.Value, 64)
		return Constant(f)
	case *ast.StringExpr:
		return Constant(x.Value)
	case *ast.TrueExpr:
		return Constant(true)
	case *ast.NilExpr:
		return Constant(nil)
	case *ast.IdentExpr:
		return e.Meaning(x.Value)
	case *ast.AttrGetExpr:
		return e.Meaning(spelled(x))
	}
	return Meaning{}
}

// parsed returns the function of a source and what stands before it.
func parsed(t testingT, source string) (*ast.FunctionExpr, []ast.Stmt) {
	t.Helper()
	statements, err := parse.Parse(strings.NewReader(source), "test.lua")
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	last := len(statements) - 1
	return statements[last].(*ast.ReturnStmt).Exprs[0].(*ast.FunctionExpr), statements[:last]
}

// compiled compiles the sample's function.
func (s *sample) compiled(t testingT, purpose Purpose) (*Function, *Reason) {
	t.Helper()
	function, before := parsed(t, s.source())
	return Compile(function, purpose, environment(before))
}

func (s *sample) message() component.StandardMessage {
	m := component.NewMessage([]byte(s.data))
	m.SetKey(s.key)
	m.SetTimestamp(s.timestamp)
	for name, value := range s.attributes {
		m.SetAttribute(name, value)
	}
	return m
}

// outcome runs the compiled function and returns what the model returns, or the
// error.
func (s *sample) outcome(r *Runner) (string, error) {
	m := s.message()
	returned, err := r.results(m)
	if err != nil {
		return "", err
	}
	var names []string
	for name, value := range m.Attributes {
		names = append(names, fmt.Sprintf("%x=%x", name, value))
	}
	slices.Sort(names)
	data, sorted := string(m.GetData()), ""
	if object := decode(s.data); object != nil {
		if e := &r.frame.effects; e.current && e.growth > 0 {
			object, data = decode(data), s.data // it is compared as JSON
		}
		sorted = sortedText(object)
	}
	return fmt.Sprintf("returned %s\ndata %x\nkey %x\ntimestamp %.6f\nattributes %s\njson %s",
		strings.Join(returned, " "), data, m.Key(), float64(m.Timestamp())/1e9, strings.Join(names, " "), sorted), nil
}

// results is Handle for a function that may return anything.
func (r *Runner) results(m component.Message) (list []string, err error) {
	defer r.leave(&err)
	for _, v := range r.run(m) {
		name := typeOf(r.frame, v).text
		list = append(list, fmt.Sprintf("%s:%x", name, toString(r.frame, v).text))
	}
	r.frame.commit(true)
	return list, nil
}

// decode reads JSON, nil if it is none that is an object.
func decode(data string) map[string]any {
	var object map[string]any
	decoder := json.NewDecoder(strings.NewReader(data))
	decoder.UseNumber()
	if decoder.Decode(&object) != nil {
		return nil
	}
	return object
}

func sortedText(value any) string {
	var out []string
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("s%x", v)
	case json.Number:
		f, _ := v.Float64()
		return fmt.Sprintf("%.17g", f)
	case []any:
		for _, e := range v {
			out = append(out, sortedText(e))
		}
		return "[" + strings.Join(out, ",") + "]"
	case map[string]any:
		for name, e := range v {
			out = append(out, fmt.Sprintf("%x:", name)+sortedText(e))
		}
		slices.Sort(out)
		return "{" + strings.Join(out, ",") + "}"
	case nil:
		return "null"
	}
	return fmt.Sprint(value)
}

// literalOf writes a value as Lua source.
func literalOf(value any) string {
	switch v := value.(type) {
	case nil:
		return "gopiper.null"
	case string:
		var out strings.Builder
		for i := range len(v) {
			fmt.Fprintf(&out, "\\%03d", v[i])
		}
		return `"` + out.String() + `"`
	case json.Number:
		return v.String()
	case []any:
		out := []string{`["\000array"]=true`}
		for _, e := range v {
			out = append(out, literalOf(e))
		}
		return "{" + strings.Join(out, ",") + "}"
	case map[string]any:
		var out []string
		for name, e := range v {
			out = append(out, "["+literalOf(name)+"]="+literalOf(e))
		}
		return "{" + strings.Join(out, ",") + "}"
	}
	return fmt.Sprint(value)
}

// program is the sample as a script for an interpreter.
func (s *sample) program(t testingT) string {
	model, err := os.ReadFile("testdata/model.lua")
	if err != nil {
		t.Fatal(err)
	}
	null, rest, _ := strings.Cut(string(model), "\nlocal function hex")
	object := "nil"
	if v := decode(s.data); v != nil {
		object = literalOf(v)
	}
	var attributes []string
	for name, value := range s.attributes {
		attributes = append(attributes, "["+literalOf(name)+"]="+literalOf(value))
	}
	key, timestamp := "nil", "nil"
	if s.key != "" {
		key = literalOf(s.key)
	}
	if s.timestamp != 0 {
		timestamp = strconv.FormatFloat(float64(s.timestamp)/1e9, 'g', 17, 64)
	}
	return null + fmt.Sprintf("\ninput = { data = %s, key = %s, timestamp = %s, attributes = {%s}, json = %s }\n",
		literalOf(s.data), key, timestamp, strings.Join(attributes, ","), object) +
		"handler = function()\n" + s.source() + "\nend\nlocal function hex" + rest
}

// gopher runs the sample with gopher-lua.
func (s *sample) gopher(t testingT) string {
	L := lua.NewState()
	defer L.Close()
	if err := L.DoString(s.program(t)); err != nil {
		t.Fatalf("%v in\n%s", err, s.program(t))
	}
	return L.GetGlobal("outcome").String()
}

// lua51 is Debian's Lua 5.1, "" where it is not installed.
var lua51, _ = exec.LookPath("lua5.1")

// reference runs the sample with Lua 5.1.
func (s *sample) reference(t testingT) string {
	command := exec.Command(lua51, "-")
	command.Stdin = strings.NewReader(s.program(t) + "\nio.write(outcome)")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	output, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s in\n%s", err, stderr.String(), s.program(t))
	}
	return string(output)
}

// appendAsGopher writes numbers as gopher-lua does.
func appendAsGopher(dst []byte, f float64) []byte { return append(dst, lua.LNumber(f).String()...) }

// verdict is how a compiled function compares.
type verdict struct {
	reason   *Reason
	left     bool // to the interpreter
	needless bool // though that has no error
}

// judge compares the compiled function with the interpreters, or with Lua 5.1 alone if
// gopher-lua, as it is by itself, is odd.
func (s *sample) judge(t testingT, odd bool) (v verdict) {
	t.Helper()
	function, reason := s.compiled(t, Handler)
	if v.reason = reason; reason != nil {
		return v
	}
	for _, engine := range []struct {
		name         string
		run          func(testingT) string
		appendNumber func([]byte, float64) []byte
	}{{"gopher-lua", s.gopher, appendAsGopher}, {"lua5.1", s.reference, nil}} {
		if engine.name == "lua5.1" && lua51 == "" || engine.name == "gopher-lua" && odd {
			continue
		}
		want := engine.run(t)
		runner := function.NewRunner(Options{AppendNumber: engine.appendNumber})
		for range 2 { // what one message leaves behind must not show in the next
			got, err := s.outcome(runner)
			if err != nil && err != ErrInterpret {
				t.Fatalf("%v in\n%s", err, s.source())
			}
			if err == ErrInterpret {
				v.left = true
				v.needless = v.needless || !strings.HasPrefix(want, "failed")
				continue
			}
			if got != want {
				t.Fatalf("%s on %q\ncompiled:\n%s\n%s:\n%s", s.source(), s.data, got, engine.name, want)
			}
		}
	}
	return v
}
