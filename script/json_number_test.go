package script

import (
	"fmt"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/gopiper/gopiper/component"
)

// Whole numbers of any size are calculated with and compared as math/big does,
// with the remainder of Lua.
func TestExactNumbersAgreeWithBig(t *testing.T) {
	s := load(t, withFunction(`
		local a, b = msg.json[1], msg.json[2]
		local less = "-"
		if type(a) == type(b) then less = tostring(a < b) .. tostring(a <= b) .. tostring(a == b) end
		if type(a) == "userdata" or type(b) == "userdata" then
			msg.json = { a + b, a - b, a * b, b ~= 0 and a % b or 0, -a, less }
		end`))
	worker := functionOf(s, 0, 1).Create(0, 0, nil)
	number := rapid.Custom(func(t *rapid.T) *big.Int {
		text := rapid.StringMatching(`-?[1-9][0-9]{14,30}|-?[1-9][0-9]?|900719925474099[0-9]|-900719925474099[0-9]|0`).Draw(t, "text")
		n, _ := new(big.Int).SetString(text, 10)
		return n
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		m := newFake(fmt.Sprintf("[%v,%v]", a, b))
		if r := reportOf(worker, m); r.Status != component.Done {
			t.Fatal(r)
		}
		limit := big.NewInt(exactFrom)
		huge := func(n *big.Int) bool { return n.CmpAbs(limit) > 0 }
		if !huge(a) && !huge(b) {
			return
		}
		less := "-"
		if huge(a) == huge(b) {
			less = fmt.Sprint(a.Cmp(b) < 0) + fmt.Sprint(a.Cmp(b) <= 0) + fmt.Sprint(a.Cmp(b) == 0)
		}
		remainder := new(big.Int)
		if b.Sign() != 0 {
			if remainder.Rem(a, b); remainder.Sign() != 0 && remainder.Sign() != b.Sign() {
				remainder.Add(remainder, b)
			}
		}
		var want []string
		for _, n := range []*big.Int{new(big.Int).Add(a, b), new(big.Int).Sub(a, b), new(big.Int).Mul(a, b), remainder} {
			want = append(want, n.String())
		}
		negative := new(big.Int).Neg(a).String()
		if a.Sign() == 0 {
			negative = "-0"
		}
		text := "[" + strings.Join(append(want, negative), ",") + `,"` + less + `"]`
		if got := string(m.GetData()); got != text {
			t.Fatalf("%v and %v: %s, want %s", a, b, got, text)
		}
	})
}

func reportOf(c component.Component, m component.Message) (report component.Report) {
	c.Handle(m, func(r component.Report) { report = r })
	return report
}
