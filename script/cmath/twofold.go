package cmath

import "math"

// twofold is the sum of two numbers, the second of which is at most half a unit in the
// last place of the first: a number of about 106 bits.
type twofold struct{ high, low float64 }

// sum is a + b.
func sum(a, b float64) twofold {
	s := a + b
	t := s - a
	return twofold{s, (a - (s - t)) + (b - t)}
}

// ordered is a + b where a is the larger, or 0.
func ordered(a, b float64) twofold {
	s := a + b
	return twofold{s, b - (s - a)}
}

// product is a * b.
func product(a, b float64) twofold {
	p := float64(a * b)
	return twofold{p, math.FMA(a, b, -p)}
}

func (a twofold) plus(b twofold) twofold {
	s, t := sum(a.high, b.high), sum(a.low, b.low)
	s = ordered(s.high, s.low+t.high)
	return ordered(s.high, s.low+t.low)
}

func (a twofold) times(b twofold) twofold {
	p := product(a.high, b.high)
	return ordered(p.high, math.FMA(a.low, b.high, math.FMA(a.high, b.low, p.low)))
}

// over is a / b.
func (a twofold) over(b float64) twofold {
	q := a.high / b
	rest := math.FMA(-q, b, a.high) + a.low
	return ordered(q, rest/b)
}

// root is the square root.
func (a twofold) root() twofold {
	r := math.Sqrt(a.high)
	rest := math.FMA(-r, r, a.high) + a.low
	return ordered(r, rest/(2*r))
}
