package compile

import (
	"encoding/hex"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// withNatives is an environment with functions in Go.
type withNatives struct{ Standard }

func (e withNatives) Meaning(name string) Meaning {
	switch name {
	case "hex":
		return Native(name, func(c *Call) {
			s := c.Text(0)
			c.ReturnAppended(2*len(s), func(dst []byte) []byte { return hex.AppendEncode(dst, []byte(s)) })
		})
	case "describe":
		return Native(name, func(c *Call) {
			c.ReturnText(strconv.Itoa(c.Len()))
			for i := range c.Len() {
				c.ReturnText(strconv.FormatBool(c.IsNil(i)) + strconv.FormatBool(c.IsNumber(i)) +
					strconv.FormatBool(c.IsString(i)) + strconv.FormatBool(c.Bool(i)))
			}
		})
	case "half":
		return Native(name, func(c *Call) {
			if c.Number(0) < 0 {
				c.Interpret()
			}
			c.ReturnNumber(c.Number(0) / 2)
			c.ReturnBool(true)
			c.ReturnNil()
		})
	case "slow":
		return Native(name, func(c *Call) { c.Work(2 << 20) })
	}
	return e.Standard.Meaning(name)
}

func TestNative(t *testing.T) {
	for _, c := range []struct{ body, want, err string }{
		{`msg.data = hex(msg.data) .. hex("xy" .. 1)`, "6162" + "787931", ""},
		{`local a, b, c = describe(nil, 1, "x") msg.data = a .. " " .. b .. " " .. c`, "3 truefalsefalsefalse falsetruefalsetrue", ""},
		{`local n, yes, none = half(5) if yes and none == nil then msg.data = n end`, "2.5", ""},
		{`msg.data = half("9") + half(half(8))`, "6.5", ""},
		{`half(-1)`, "", ErrInterpret.Error()},
		{`half("x")`, "", ErrInterpret.Error()},
		{`hex(nil)`, "", ErrInterpret.Error()},
		{`slow() slow()`, "", "more than 1ns"},
	} {
		s := &sample{body: c.body, data: "ab"}
		function, _ := parsed(t, s.source())
		compiled, reason := Compile(function, Handler, withNatives{})
		if reason != nil {
			t.Fatal(reason)
		}
		m := s.message()
		_, err := compiled.NewRunner(Options{Limits: Limits{Time: 1}}).Handle(m)
		if c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) || c.err == "" && (err != nil || string(m.GetData()) != c.want) {
			t.Errorf("%s: %s, %v", c.body, m.GetData(), err)
		}
	}
}

// TestRandom holds that random numbers come from where the runner is told.
func TestRandom(t *testing.T) {
	s := &sample{body: `local a, b, c = math.random(), math.random(6), math.random(10, 12)
		msg.data = tostring(a >= 0 and a < 1 and b >= 1 and b <= 6 and c >= 10 and c <= 12) .. b .. c`}
	function, reason := s.compiled(t, Handler)
	if reason != nil {
		t.Fatal(reason)
	}
	seen := map[string]bool{}
	r := function.NewRunner(Options{Random: rand.New(rand.NewPCG(1, 2))})
	for range 200 {
		m := s.message()
		if _, err := r.Handle(m); err != nil || !strings.HasPrefix(string(m.GetData()), "true") {
			t.Fatalf("%s, %v", m.GetData(), err)
		}
		seen[string(m.GetData())] = true
	}
	if len(seen) != 18 {
		t.Errorf("%d outcomes of 18", len(seen))
	}
	for _, body := range []string{"math.random(0)", "math.random(2, 1)", "math.random(0/0)"} {
		s := &sample{body: body}
		function, _ := s.compiled(t, Handler)
		if _, err := function.NewRunner(Options{Random: rand.New(rand.NewPCG(1, 2))}).Handle(s.message()); err != ErrInterpret {
			t.Errorf("%s: %v", body, err)
		}
	}
}
