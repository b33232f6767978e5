// Package docs holds the documentation, and has no code, only tests: what pages
// show is run, and the reference pages are generated from what the components
// declare and from the constants in the code.
package docs

//go:generate go test . -run TestGenerated -update
//go:generate go test ../observe -update
