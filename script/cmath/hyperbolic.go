package cmath

import "math"

// Sinh returns the hyperbolic sine of x.
func Sinh(x float64) float64 {
	size, half := math.Abs(x), math.Copysign(0.5, x)
	switch {
	case size < 0x1p-28:
		return x
	case size < 1:
		t := math.Expm1(size)
		return half * (float64(2*t) - float64(t*t)/(t+1))
	case size < 22:
		t := math.Expm1(size)
		return half * (t + t/(t+1))
	case size < 0x1.62e42fefa39efp9:
		return half * Exp(size)
	}
	w := Exp(0.5 * size)
	return float64(half*w) * w
}

// Cosh returns the hyperbolic cosine of x.
func Cosh(x float64) float64 {
	size := math.Abs(x)
	switch {
	case size < 0.5*math.Ln2:
		t := math.Expm1(size)
		return 1 + float64(t*t)/(2*(1+t))
	case size < 22:
		t := Exp(size)
		return float64(0.5*t) + 0.5/t
	case size < 0x1.62e42fefa39efp9:
		return 0.5 * Exp(size)
	}
	w := Exp(0.5 * size)
	return float64(0.5*w) * w
}

// Tanh returns the hyperbolic tangent of x.
func Tanh(x float64) float64 {
	size, z := math.Abs(x), 1.0
	switch {
	case x == 0 || math.IsNaN(x):
		return x
	case size < 1:
		t := math.Expm1(-2 * size)
		z = -t / (t + 2)
	case size < 22:
		z = 1 - 2/(math.Expm1(2*size)+2)
	}
	return math.Copysign(z, x)
}
