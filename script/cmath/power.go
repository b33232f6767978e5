package cmath

import "math"

// Pow returns x^y.
func Pow(x, y float64) float64 {
	if x == 0 || y == 0 || x == 1 || math.IsNaN(x) || math.IsInf(x, 0) || math.IsNaN(y) || math.IsInf(y, 0) {
		return math.Pow(x, y)
	}
	if p := product(x, x); y == 2 && p.low == 0 && 0x1p-900 < p.high && p.high < 0x1p900 {
		return p.high // it is exact
	}
	sign := 1.0
	if x < 0 {
		switch x = -x; {
		case y != math.Trunc(y):
			return math.NaN()
		case math.Mod(y, 2) != 0:
			sign = -1
		}
	}
	log := logarithm(x)
	high := float64(y * log.high)
	switch size := math.Abs(high); {
	case size < 0x1p-54:
		return sign
	case high >= 1024:
		return sign * math.Inf(1)
	case high <= -1024:
		return sign * 0
	}
	return sign * exponential(high, math.FMA(y, log.low, math.FMA(y, log.high, -high)))
}
