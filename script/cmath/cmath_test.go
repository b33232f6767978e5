package cmath

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// functions are all there are, by how Lua spells them, with what an argument is drawn
// from: the numbers between two bounds, or their powers of 2.
var functions = []struct {
	lua       string
	call      func(x, y float64) float64
	low, high float64
	wide      bool
	most      float64 // the share that may differ from lua5.1
}{
	{"x ^ y", Pow, -30, 30, true, 1e-3},
	{"x % y", Remainder, -60, 60, true, 0},
	{"math.exp(x)", one(Exp), -746, 711, false, 1e-3},
	{"math.log(x)", one(Log), -100, 100, true, 1e-3},
	{"math.log(x)", one(Log), 0.5, 2, false, 1e-2},
	{"math.log10(x)", one(Log10), -100, 100, true, 1e-3},
	{"math.sinh(x)", one(Sinh), -30, 30, false, 1e-2},
	{"math.cosh(x)", one(Cosh), -30, 30, false, 1e-2},
	{"math.tanh(x)", one(Tanh), -5, 5, false, 1e-2},
	{"math.sin(x)", one(Sin), -100, 100, false, 1e-2},
	{"math.cos(x)", one(Cos), -100, 100, false, 1e-2},
	{"math.tan(x)", one(Tan), -100, 100, false, 1e-2},
	{"math.sin(x)", one(Sin), -60, 49, true, 1e-2},
	{"math.cos(x)", one(Cos), -60, 49, true, 1e-2},
	{"math.asin(x)", one(Asin), -1, 1, false, 1e-2},
	{"math.acos(x)", one(Acos), -1, 1, false, 1e-2},
	{"math.atan(x)", one(Atan), -60, 60, true, 1e-2},
	{"math.atan2(x, y)", Atan2, -60, 60, true, 1e-2},
	{"math.deg(x)", one(Deg), -60, 60, true, 0},
	{"math.rad(x)", one(Rad), -60, 60, true, 0},
}

func one(f func(float64) float64) func(x, y float64) float64 {
	return func(x, _ float64) float64 { return f(x) }
}

// drawn is a number, or a power of 2 of it.
func drawn(random *rand.Rand, low, high float64, wide bool) float64 {
	x := low + (high-low)*random.Float64()
	if wide {
		return math.Exp2(x)
	}
	return x
}

// TestLua compares all functions with lua5.1 on Linux, where that is installed: with
// numbers that are drawn, and with those that are special.
func TestLua(t *testing.T) {
	lua51, err := exec.LookPath("lua5.1")
	if err != nil || runtime.GOOS != "linux" {
		t.Log("lua5.1 with the C library of Linux is not installed: only the committed cases of the suite hold these functions to it")
		return
	}
	const n = 2000
	special := []float64{0, math.Copysign(0, -1), 1, -1, 0.5, -2, 3, -3, 1 << 53, 1e300, -1e300, 5e-324, math.Inf(1), math.Inf(-1), math.NaN()}
	type pair struct{ x, y float64 }
	var program strings.Builder
	program.WriteString("local inf, nan = 1 / 0, 0 / 0\n")
	pairs := make([][]pair, len(functions))
	for i, f := range functions {
		random := rand.New(rand.NewPCG(1, uint64(i)))
		fmt.Fprintf(&program, "do local f = function(x, y) io.write(('%%.17g\\n'):format(%s)) end\n", f.lua)
		for range n {
			pairs[i] = append(pairs[i], pair{drawn(random, f.low, f.high, f.wide), drawn(random, -40, 40, false)})
		}
		for _, x := range special {
			for _, y := range special {
				pairs[i] = append(pairs[i], pair{x, y})
			}
		}
		program.WriteString("for x, y in ([[\n")
		for _, p := range pairs[i] {
			fmt.Fprintf(&program, "%s %s\n", spelled(p.x), spelled(p.y))
		}
		program.WriteString("]]):gmatch('(%S+) (%S+)') do f(tonumber(x), tonumber(y)) end end\n")
	}
	command := exec.Command(lua51, "-")
	command.Stdin = strings.NewReader(program.String())
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Fields(output)
	for i, f := range functions {
		differ := 0
		for j, p := range pairs[i] {
			text := strings.Replace(string(lines[0]), "-nan", "nan", 1)
			lines = lines[1:]
			want, err := strconv.ParseFloat(text, 64)
			if err != nil {
				t.Fatal(err)
			}
			got := f.call(p.x, p.y)
			if same(got, want) {
				continue
			}
			if j < n {
				differ++
			}
			if !(math.Abs(got-want) <= 2e-15*math.Abs(want)) || got == want {
				t.Errorf("%s of %v and %v is %v, and %v in lua5.1", f.lua, p.x, p.y, got, want)
			}
		}
		if share := float64(differ) / n; share > f.most {
			t.Errorf("%s: %v of the results differ from lua5.1", f.lua, share)
		}
	}
}

func spelled(f float64) string {
	return strings.ToLower(strings.TrimPrefix(strconv.FormatFloat(f, 'g', 17, 64), "+"))
}

// same also tells zeros by their sign.
func same(a, b float64) bool {
	return math.Float64bits(a) == math.Float64bits(b) || math.IsNaN(a) && math.IsNaN(b)
}

// TestNear holds all functions to those of Go, which err by more.
func TestNear(t *testing.T) {
	for i, f := range functions {
		of, ok := map[string]func(x, y float64) float64{
			"x ^ y": math.Pow, "math.exp(x)": one(math.Exp), "math.log(x)": one(math.Log), "math.log10(x)": one(math.Log10),
			"math.sinh(x)": one(math.Sinh), "math.cosh(x)": one(math.Cosh), "math.tanh(x)": one(math.Tanh), "math.sin(x)": one(math.Sin),
			"math.cos(x)": one(math.Cos), "math.tan(x)": one(math.Tan), "math.asin(x)": one(math.Asin), "math.acos(x)": one(math.Acos),
			"math.atan(x)": one(math.Atan), "math.atan2(x, y)": math.Atan2,
		}[f.lua]
		if !ok {
			continue
		}
		random := rand.New(rand.NewPCG(2, uint64(i)))
		for range 2000 {
			x, y := drawn(random, f.low, f.high, f.wide), drawn(random, -40, 40, false)
			if got, want := f.call(x, y), of(x, y); !(math.Abs(got-want) <= 1e-12*math.Abs(want)+1e-15) && got != want {
				t.Errorf("%s of %v and %v is %v, and %v in Go", f.lua, x, y, got, want)
			}
		}
	}
}

// TestExact holds what has a result without a rounding to it.
func TestExact(t *testing.T) {
	for _, c := range []struct{ got, want float64 }{
		{Pow(10, 22), 1e22}, {Pow(3, 33), 5559060566555523}, {Pow(-2, 3), -8}, {Pow(2, -1074), 5e-324}, {Pow(4, 0.5), 2},
		{Pow(2, 1e300), math.Inf(1)}, {Pow(-2, 1e300), math.Inf(1)}, {Pow(0.5, 1e300), 0}, {Pow(7, 1e-300), 1},
		{Pow(-7, 1), -7}, {Pow(5e-324, 1), 5e-324}, {Pow(math.MaxFloat64, 1), math.MaxFloat64},
		{Exp(0), 1}, {Exp(1e-300), 1}, {Exp(1e300), math.Inf(1)}, {Exp(-1e300), 0}, {Log(1), 0}, {Log10(1000), 3},
		{Remainder(-6, 3), 0}, {Remainder(5, 0.1), 0}, {Remainder(-5.5, 2), 0.5}, {Sin(0), 0}, {Cos(0), 1}, {Atan2(0, -1), math.Pi},
		{Asin(1), math.Pi / 2}, {Acos(1), 0}, {Sinh(711), math.Inf(1)}, {Tanh(1e300), 1}, {Deg(math.Pi), 180},
	} {
		if !same(c.got, c.want) {
			t.Errorf("got %v, want %v", c.got, c.want)
		}
	}
}

func BenchmarkPow(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		Pow(1.5+float64(i&15), 2.3)
	}
}

func BenchmarkSin(b *testing.B) {
	for i := 0; b.Loop(); i++ {
		Sin(1.5 + float64(i&15))
	}
}
