package script

import "slices"

// MessageFields returns the names of the fields and methods that a message has in a
// script, such as data and emit. The list is the caller's.
func MessageFields() []string { return slices.Clone(messageFields) }

// FunctionNames returns the names of the functions of a stage that is a table of them,
// such as init and handle. The list is the caller's.
func FunctionNames() []string { return slices.Clone(functionNames) }
