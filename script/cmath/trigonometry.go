package cmath

import "math"

// turnMax is up to where an angle is reduced here; what is beyond is left to Go.
const turnMax = 1 << 20

// quarter is a quarter of a turn, pi/2, in parts: multiples of the first two up to
// turnMax are exact.
const (
	quarterHigh   = 0x1.921fb544p0
	quarterMiddle = 0x1.0b4611a6p-34
	quarterLow    = 0x1.3198a2e037073p-69
)

// turned returns what an angle is beyond a number of quarter turns, and the sine and the
// cosine of it, to some 70 bits each.
func turned(x float64) (sine, cosine twofold, quarters int) {
	n := math.RoundToEven(x * (2 / math.Pi))
	r := sum(x, -n*quarterHigh).plus(sum(-n*quarterMiddle, 0)).plus(product(-n, quarterLow))
	square := r.times(r)
	return r.times(kernel(square, 3)), kernel(square, 2), int(n)
}

// kernel is 1 - s/(n(n-1)) (1 - s/((n+2)(n+1)) (...)) of the square s of an angle: with
// n = 2 its cosine, with n = 3 its sine over itself.
func kernel(s twofold, n float64) twofold {
	rest := 1.0
	for k := n + 20; k >= n+8; k -= 2 {
		rest = 1 - s.high*rest/(k*(k-1))
	}
	total := twofold{rest, 0}
	for k := n + 6; k >= n; k -= 2 {
		part := s.times(total).over(k * (k - 1))
		total = twofold{1, 0}.plus(twofold{-part.high, -part.low})
	}
	return total
}

func (a twofold) negated() twofold { return twofold{-a.high, -a.low} }

// directed returns the sine and the cosine of an angle below turnMax.
func directed(x float64) (sine, cosine twofold) {
	sine, cosine, quarters := turned(x)
	switch quarters & 3 {
	case 1:
		return cosine, sine.negated()
	case 2:
		return sine.negated(), cosine.negated()
	case 3:
		return cosine.negated(), sine
	}
	return sine, cosine
}

// plain tells whether an angle is none that is reduced here, or so small that it is its
// own sine.
func plain(x float64) bool { return !(math.Abs(x) < turnMax) || math.Abs(x) < 0x1p-27 }

// Sin returns the sine of x.
func Sin(x float64) float64 {
	if plain(x) {
		return math.Sin(x)
	}
	sine, _ := directed(x)
	return sine.high
}

// Cos returns the cosine of x.
func Cos(x float64) float64 {
	if plain(x) {
		return math.Cos(x)
	}
	_, cosine := directed(x)
	return cosine.high
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
	along := float64(cosine.high*x) + float64(sine.high*y)
	return near + across.high/along
}
