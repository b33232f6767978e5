package compile

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

// FuzzCompile holds that no function and no message makes the compiler or what
// it makes panic or run on, and that a message which has an error is unchanged.
func FuzzCompile(f *testing.F) {
	for _, c := range constructs {
		f.Add(c.body, event)
	}
	for _, c := range calls {
		f.Add("return "+c.call, event)
	}
	f.Add(lineBody, "GET / HTTP/1.1")
	f.Add(eventBody, `{"level":"debug"`)
	f.Fuzz(func(t *testing.T, body, data string) {
		s := &sample{before: "local upper, prefix, limit = string.upper, 'pre', 10", body: body, data: data, key: "k"}
		statements, err := parse.Parse(strings.NewReader(s.source()), "fuzz.lua")
		if err != nil {
			return
		}
		last, ok := statements[len(statements)-1].(*ast.ReturnStmt)
		if !ok || len(last.Exprs) != 1 {
			return
		}
		function, ok := last.Exprs[0].(*ast.FunctionExpr)
		if !ok {
			return
		}
		compiled, reason := Compile(function, Handler, environment(statements[:1]))
		if reason != nil {
			if reason.Line < 1 || reason.Text == "" {
				t.Fatalf("%v", reason)
			}
			return
		}
		r := compiled.NewRunner(Options{Limits: Limits{Steps: 20000, Bytes: 1 << 20}})
		m := s.message()
		_, err = r.Handle(m)
		var limit *LimitError
		if err != nil && err != ErrInterpret && !errors.As(err, &limit) {
			t.Fatal(err)
		}
		if err != nil && (string(m.GetData()) != data || m.Key() != "k") {
			t.Fatal("the message was changed")
		}
	})
}

// FuzzNumber holds that numbers are read as strconv reads them.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1", " 1.5e3 ", "-.5", "5.", ".", "", "+-1", "1e", "0x10", "inf", "nan", "1_0", "1\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, ok, sure := parseNumber(s)
		trimmed := strings.Trim(s, spaces)
		want, err := strconv.ParseFloat(trimmed, 64)
		plain := strings.Trim(trimmed, "0123456789+-.eE") == ""
		if ok && (err != nil || want != got && !math.IsNaN(want)) || sure && !ok && plain && err == nil {
			t.Errorf("%q: %v, %v, %v, want %v, %v", s, got, ok, sure, want, err)
		}
	})
}

// TestFlipCase holds that eight bytes at a time do what one at a time does.
func TestFlipCase(t *testing.T) {
	var all, upper, lower []byte
	for i := range 256 {
		c := byte(i)
		all = append(all, c)
		if 'a' <= c && c <= 'z' {
			upper = append(upper, c-32)
		} else {
			upper = append(upper, c)
		}
		if 'A' <= c && c <= 'Z' {
			lower = append(lower, c+32)
		} else {
			lower = append(lower, c)
		}
	}
	for shift := range 9 {
		for _, c := range []struct {
			first byte
			want  []byte
		}{{'a', upper}, {'A', lower}} {
			b := append([]byte(nil), all[shift:]...)
			if flipCase(b, c.first); string(b) != string(c.want[shift:]) {
				t.Errorf("from %q, shifted by %d: %q", c.first, shift, b)
			}
		}
	}
}
