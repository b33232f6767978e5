package cmath

import "math"

// turnMax is up to where an angle is reduced here; what is beyond is left to Go.
const turnMax = 1 << 50

// quarter is a quarter of a turn, pi/2, in parts.
const (
	quarterHigh   = 0x1.921fb54442d18p0
	quarterMiddle = 0x1.1a62633145c07p-54
	quarterLow    = -0x1.f1976b7ed8fbcp-110
)

// reduced returns what an angle below turnMax is beyond a number of quarter turns, the
// square of that, and the number.
func reduced(x float64) (r, square twofold, quarters int) {
	n := math.RoundToEven(x * (2 / math.Pi))
	high := product(-n, quarterHigh)
	r = sum(x, high.high).plus(sum(high.low, 0)).plus(product(-n, quarterMiddle)).plus(twofold{float64(-n * quarterLow), 0})
	return r, r.times(r), int(n)
}

// full is how many terms of a series count in full.
const full = 4

// factorials are the coefficients of the series of the cosine and of the sine in the
// square of an angle: 1, -1/2!, 1/4! ... and 1, -1/3!, 1/5! ...
var factorials = func() (table [2][12]twofold) {
	for odd := range table {
		c := twofold{1, 0}
		for i := range table[odd] {
			table[odd][i] = c
			c = c.over(-float64((2*i + odd + 1) * (2*i + odd + 2)))
		}
	}
	return table
}()

// series is a series of the square of an angle, to some 75 bits.
func series(c *[12]twofold, s twofold) twofold {
	rest := c[len(c)-1].high
	for i := len(c) - 2; i >= full; i-- {
		rest = math.FMA(rest, s.high, c[i].high)
	}
	total := twofold{rest, 0}
	for i := full - 1; i >= 0; i-- {
		t := s.times(total)
		high := ordered(c[i].high, t.high)
		total = ordered(high.high, high.low+(c[i].low+t.low))
	}
	return total
}

// along returns the sine of an angle, turned by a number of quarters.
func along(r, square twofold, quarters int) twofold {
	var result twofold
	if quarters&1 == 1 {
		result = series(&factorials[0], square)
	} else {
		result = r.times(series(&factorials[1], square))
	}
	if quarters&2 != 0 {
		return twofold{-result.high, -result.low}
	}
	return result
}

// directed returns the sine and the cosine of an angle below turnMax.
func directed(x float64) (sine, cosine twofold) {
	r, square, quarters := reduced(x)
	return along(r, square, quarters), along(r, square, quarters+1)
}

// plain tells whether an angle is none that is reduced here, or so small that it is its
// own sine.
func plain(x float64) bool { return !(math.Abs(x) < turnMax) || math.Abs(x) < 0x1p-27 }

// Sin returns the sine of x.
func Sin(x float64) float64 {
	if plain(x) {
		return math.Sin(x)
	}
	return along(reduced(x)).high
}

// Cos returns the cosine of x.
func Cos(x float64) float64 {
	if plain(x) {
		return math.Cos(x)
	}
	r, square, quarters := reduced(x)
	return along(r, square, quarters+1).high
}

// Tan returns the tangent of x.
func Tan(x float64) float64 {
	if plain(x) {
		return math.Tan(x)
	}
	sine, cosine := directed(x)
	q := sine.high / cosine.high
	rest := math.FMA(-q, cosine.high, sine.high) + sine.low - float64(q*cosine.low)
	return q + rest/cosine.high
}

// Asin returns the angle of the sine x.
func Asin(x float64) float64 {
	near := math.Asin(x)
	if !(math.Abs(x) < 1) || plain(x) {
		return near
	}
	sine, cosine := directed(near)
	return near + (x-sine.high-sine.low)/cosine.high
}

// Acos returns the angle of the cosine x.
func Acos(x float64) float64 {
	near := math.Acos(x)
	if !(math.Abs(x) < 1) || plain(x) {
		return near
	}
	if x > 0.5 {
		near = 2 * math.Asin(math.Sqrt((1-x)/2))
	}
	sine, cosine := directed(near)
	return near + (cosine.high-x+cosine.low)/sine.high
}

// Atan returns the angle of the tangent x.
func Atan(x float64) float64 { return Atan2(x, 1) }

// Atan2 returns the angle of the point (x, y).
func Atan2(y, x float64) float64 {
	near := math.Atan2(y, x)
	size := math.Max(math.Abs(x), math.Abs(y))
	if x == 0 || y == 0 || !(math.Abs(near) > 0x1p-900) || math.IsInf(size, 0) {
		return near
	}
	_, exponent := math.Frexp(size)
	x, y = math.Ldexp(x, -exponent), math.Ldexp(y, -exponent)
	sine, cosine := directed(near)
	across := cosine.times(twofold{y, 0}).plus(sine.times(twofold{-x, 0}))
	return near + across.high/(float64(cosine.high*x)+float64(sine.high*y))
}
