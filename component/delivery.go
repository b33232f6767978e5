package component

// Delivery is what a component promises when the process dies or the machine
// loses power. The weakest promise of a pipeline is the pipeline's.
type Delivery uint8

// The promises of sources, and those of sinks.
const (
	// FireAndForget: the other side does not send again; what was read and is
	// not settled is lost in a crash. A buffer makes that window small.
	FireAndForget Delivery = iota + 1
	// Replayable: the source goes on behind what is settled, and reads what is
	// not once more.
	Replayable
	// RequestResponse: the other side is told success once its messages are
	// settled, and sends again if it is not told.
	RequestResponse
	// Unconfirmed: a message is settled once it was handed over, to the kernel or
	// the network; nobody confirms that it has arrived.
	Unconfirmed
	// Confirming: a message is settled once the other side, or the disk, has
	// confirmed that it has it.
	Confirming
	// Idempotent: as Confirming, and a message that is delivered twice, within
	// the window that the component documents, has the effect of one.
	Idempotent
)

var deliveryNames = []string{
	"undeclared", "fire-and-forget", "replayable", "request/response", "unconfirmed", "confirming", "idempotent",
}

// String returns the promise's name for people, such as "fire-and-forget".
func (d Delivery) String() string {
	if int(d) < len(deliveryNames) {
		return deliveryNames[d]
	}
	return "unknown"
}

// Role is the place of a component that makes the promise: Source or Sink.
func (d Delivery) Role() Roles {
	switch {
	case d == 0:
		return 0
	case d <= RequestResponse:
		return Source
	}
	return Sink
}

// Promise is one promise of a component, and when it holds.
type Promise struct {
	Delivery Delivery
	// Attribute and Value, if Attribute is not "", are the attribute and its
	// value, of the Go type that its Type names, with which the promise holds.
	Attribute string
	Value     any
	// Durable says that the promise needs a state directory.
	Durable bool
	// Doc says in a sentence why, and what a crash costs: it ends the sentence
	// "replayable: …".
	Doc string
}

// Promised returns the promise that a component makes in a role with these
// attributes, validated, with or without a state directory: the first that
// holds of its declaration. A component that declares none promises nothing:
// the Delivery of the result is 0.
func (d *Declaration) Promised(role Roles, attributes map[string]any, durable bool) Promise {
	for _, p := range d.Delivery {
		if p.Delivery.Role() != role || p.Durable && !durable {
			continue
		}
		if p.Attribute == "" || attributes[p.Attribute] == p.Value {
			return p
		}
	}
	return Promise{}
}
