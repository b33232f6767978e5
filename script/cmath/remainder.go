package cmath

import "math"

// Remainder returns a % b as Lua 5.1 calculates it: a - floor(a/b)*b.
func Remainder(a, b float64) float64 {
	return a - float64(math.Floor(a/b)*b)
}

// degree is one in radians, rounded as Lua's library has it.
var degree = func(pi float64) float64 { return pi / 180 }(math.Pi)

// Deg returns an angle in degrees.
func Deg(x float64) float64 { return x / degree }

// Rad returns an angle in radians.
func Rad(x float64) float64 { return x * degree }
