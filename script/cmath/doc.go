// Package cmath calculates what Lua 5.1 has the C library calculate: powers,
// exponentials, logarithms, trigonometric and hyperbolic functions, to the last digit
// nearly always, and the remainder of the % operator. Go's math package has other last
// digits in 5 to 80 of a hundred cases.
//
// Powers and exponentials take the steps that the C library of Linux takes since version
// 2.28 on processors with fused multiplication, with the logarithm of a power carried to
// some 75 bits. Logarithms and trigonometric functions are carried to as many, and so
// rounded correctly nearly always, those of angles from 2^50 on aside, which are Go's.
// Hyperbolic functions are put together as they are there. docs/lua-conformance.md says
// how often each differs from Lua's.
//
// All functions are pure, may be called from any goroutine, and allocate nothing. Products
// that are added to are rounded by themselves, or fused where it says so, so that every
// processor comes to the same.
package cmath
