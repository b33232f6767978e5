package component

// Declaration is what a component says of itself, as data. It drives the
// validation of attributes, the documentation, the editor stubs and default
// tests. It is optional for plugins: without one a component's attributes pass
// unchecked, it may stand anywhere, and the engine assumes that it sends
// messages and that it may call back late.
type Declaration struct {
	// Name is the component's name, in lower_snake_case.
	Name string
	// Summary is one sentence, without the name: "Writes messages to the
	// standard output."
	Summary string
	// Doc is more, in Markdown, for the component's page.
	Doc string
	// Example is Lua: the stages of a pipeline that shows it at work.
	Example string
	// Roles says where in a pipeline it may stand.
	Roles Roles
	// Interfaces names the optional interfaces of its workers and factory. One
	// that is named but not there, or there but not named (which an embedded
	// type may bring in unnoticed), is an error.
	Interfaces Interfaces
	// Sync promises that Handle always calls back before it returns. Its
	// callback is then reused and Handle is called without a goroutine in
	// between, which is faster. In return a Handle that never returns cannot be
	// given up: its worker is stuck, which is logged, until the run is stopped.
	Sync bool
	// Emits says that workers send messages on postponed as a processor: those
	// they keep or make.
	Emits bool
	// Stateful says that what the component does with a message depends on
	// earlier ones. A stage of it has one worker, unless its order is by key.
	Stateful bool
	// Delivery is what a source or sink promises when the process dies; of the
	// promises for one role the first that holds counts.
	Delivery []Promise
	// Attributes are the attributes that NewFactory takes.
	Attributes []Attribute
}

// Roles is a set of the places in a pipeline that a component may take.
type Roles uint8

// The places.
const (
	Source    Roles = 1 << iota // originates messages: the first stage
	Processor                   // handles messages and lets them through
	Sink                        // delivers messages: the last stage
)

// Has tells whether the set has all of roles.
func (r Roles) Has(roles Roles) bool { return r&roles == roles }

// String returns "source", "source, sink" and so on.
func (r Roles) String() string {
	text := ""
	for i, name := range []string{"source", "processor", "sink"} {
		if r&(1<<i) != 0 {
			if text != "" {
				text += ", "
			}
			text += name
		}
	}
	return text
}

// Interfaces is a set of the optional interfaces.
type Interfaces uint8

// The optional interfaces of workers and, at the end, of factories.
const (
	IsBatchHandler Interfaces = 1 << iota
	IsRunner
	IsFlusher
	IsOpener
	IsCloser
	FactoryIsOpener
	FactoryIsCloser
)

var interfaceNames = []string{
	"BatchHandler", "Runner", "Flusher", "Opener", "Closer", "Opener (factory)", "Closer (factory)",
}

// String lists the interfaces' names.
func (s Interfaces) String() string {
	text := ""
	for i, name := range interfaceNames {
		if s&(1<<i) != 0 {
			if text != "" {
				text += ", "
			}
			text += name
		}
	}
	return text
}

// WorkerInterfaces finds the optional interfaces of a worker.
func WorkerInterfaces(c Component) Interfaces {
	var s Interfaces
	if _, ok := c.(BatchHandler); ok {
		s |= IsBatchHandler
	}
	if _, ok := c.(Runner); ok {
		s |= IsRunner
	}
	if _, ok := c.(Flusher); ok {
		s |= IsFlusher
	}
	if _, ok := c.(Opener); ok {
		s |= IsOpener
	}
	if _, ok := c.(Closer); ok {
		s |= IsCloser
	}
	return s
}

// FactoryInterfaces finds the optional interfaces of a factory.
func FactoryInterfaces(f Factory) Interfaces {
	var s Interfaces
	if _, ok := f.(Opener); ok {
		s |= FactoryIsOpener
	}
	if _, ok := f.(Closer); ok {
		s |= FactoryIsCloser
	}
	return s
}

// Type is the type of an attribute's value.
type Type uint8

// The types, each with the Go type that a validated value has and what a
// pipeline may write for it.
const (
	String   Type = iota // string
	Int                  // int64: a whole number
	Float                // float64: a number
	Bool                 // bool
	Duration             // time.Duration: "1m30s", or a number of seconds
	Size                 // int64, bytes: "64MiB", or a number of bytes
	List                 // []string: a list of strings, or one string
	Map                  // map[string]any: a table
	Any                  // whatever was written
)

var typeNames = []string{
	"string", "integer", "number", "boolean", "duration", "size", "list of strings", "table", "any value",
}

// String returns the type's name for people, such as "list of strings".
func (t Type) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return "unknown type"
}

// Attribute declares one attribute.
type Attribute struct {
	// Name in lower_snake_case. The names that belong to every stage (name,
	// workers, order, order_by, retry, timeout) may not be declared.
	Name string
	Type Type
	// Default is the value when the attribute is not given, of the Go type
	// that Type names; nil for none.
	Default any
	// Required means that the attribute must be given.
	Required bool
	// Secret means that the value is shown as *** everywhere.
	Secret bool
	// Options, if there are any, are the only values of a String.
	Options []string
	// Min, if not nil, is the least value of an Int, Float, Duration or Size,
	// of the Go type that Type names.
	Min any
	// Keeps says that the value of an Int is a number of messages for which
	// the component waits while it keeps them: it must not be above the
	// pipeline's bound on messages in flight.
	Keeps bool
	// Doc is a sentence or more, in Markdown.
	Doc string
}
