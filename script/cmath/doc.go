// Package cmath calculates what Lua 5.1 has the C library calculate: powers,
// exponentials, logarithms and hyperbolic functions, to the last digit nearly always,
// and the remainder of the % operator. Go's math package has other last digits in many
// cases.
//
// Powers and exponentials take the steps that the C library of Linux takes since version
// 2.28, with the logarithm of a power carried to some 75 bits. Logarithms are rounded
// correctly but for one of a million. The others are built of these, as there.
//
// All functions are pure, may be called from any goroutine, and allocate nothing. Every
// product is rounded by itself, or fused where it says so, so that results are the same
// on every processor.
package cmath
