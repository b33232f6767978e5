package compile

import (
	"math"

	"github.com/gopiper/gopiper/script/cmath"
)

func init() {
	for name, f := range map[string]func(float64) float64{
		"abs": math.Abs, "acos": cmath.Acos, "asin": cmath.Asin, "atan": cmath.Atan, "ceil": math.Ceil,
		"cos": cmath.Cos, "cosh": cmath.Cosh, "deg": cmath.Deg, "exp": cmath.Exp, "floor": math.Floor,
		"log": cmath.Log, "log10": cmath.Log10, "rad": cmath.Rad, "sin": cmath.Sin, "sinh": cmath.Sinh,
		"sqrt": math.Sqrt, "tan": cmath.Tan, "tanh": cmath.Tanh,
	} {
		functions["math."+name] = unary(func(fr *frame, v Value) Value { return number(f(fr.numberOf(v))) })
	}
}

// argument returns argument i as a number.
func (f *frame) argument(a []Value, i int) float64 {
	v := at(a, i)
	if v.kind == isNumber {
		return v.number
	}
	return f.numberOf(v)
}

// optional returns argument i as a number, or what stands for nil.
func (f *frame) optional(a []Value, i int, otherwise float64) float64 {
	if at(a, i).kind == isNil {
		return otherwise
	}
	return f.argument(a, i)
}

func mathFmod(f *frame, a []Value) Value {
	x := f.argument(a, 0)
	return number(math.Mod(x, f.argument(a, 1)))
}

func mathPow(f *frame, a []Value) Value {
	x := f.argument(a, 0)
	return number(cmath.Pow(x, f.argument(a, 1)))
}

func mathAtan2(f *frame, a []Value) Value {
	y := f.argument(a, 0)
	return number(cmath.Atan2(y, f.argument(a, 1)))
}

func mathLdexp(f *frame, a []Value) Value {
	x := f.argument(a, 0)
	exponent, ok := whole(f.argument(a, 1))
	if !ok || exponent > 1<<20 || exponent < -1<<20 {
		f.bail()
	}
	return number(math.Ldexp(x, int(exponent)))
}

func mathModf(f *frame, a []Value) {
	x := f.argument(a, 0)
	if math.IsInf(x, 0) || math.IsNaN(x) {
		f.bail()
	}
	whole, fraction := math.Modf(x)
	f.stack = append(f.stack, number(whole), number(fraction))
}

func mathFrexp(f *frame, a []Value) {
	x := f.argument(a, 0)
	if math.IsInf(x, 0) || math.IsNaN(x) {
		f.bail()
	}
	fraction, exponent := math.Frexp(x)
	f.stack = append(f.stack, number(fraction), number(float64(exponent)))
}

func mathMax(f *frame, a []Value) Value {
	most := f.argument(a, 0)
	for i := 1; i < len(a); i++ {
		if x := f.argument(a, i); x > most {
			most = x
		}
	}
	return number(most)
}

func mathMin(f *frame, a []Value) Value {
	least := f.argument(a, 0)
	for i := 1; i < len(a); i++ {
		if x := f.argument(a, i); x < least {
			least = x
		}
	}
	return number(least)
}

func mathRandom(f *frame, a []Value) Value {
	if f.random == nil {
		f.bail()
	}
	low, high := 1.0, 0.0
	switch len(a) {
	case 0:
		return number(f.random.Float64())
	case 1:
		high = f.argument(a, 0)
	default:
		low, high = f.argument(a, 0), f.argument(a, 1)
	}
	low, high = math.Floor(low), math.Floor(high)
	if !(low <= high) || high-low >= exactMax {
		f.bail()
	}
	return number(low + float64(f.random.Int64N(int64(high-low)+1)))
}
