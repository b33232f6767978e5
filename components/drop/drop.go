// Package drop is the component drop: it delivers messages nowhere.
package drop

import "github.com/gopiper/gopiper/component"

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "drop",
	Summary: "Takes every message and does nothing with it.",
	Doc: "To its source a message that ends here is delivered: its outcome is Done. It is for measuring what " +
		"comes before it, and for branches whose messages nobody wants.",
	Example:    `gopiper.generate{ count = 1000000 }, gopiper.drop{}`,
	Roles:      component.Sink,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
	Delivery: []component.Promise{{
		Delivery: component.Idempotent,
		Doc:      "nothing leaves gopiper here, so a crash can neither lose nor double anything",
	}},
}

// NewFactory returns the component's factory.
func NewFactory(map[string]any) (component.Factory, error) { return worker{}, nil }

// worker is the factory and, having no state, each of its workers.
type worker struct{}

func (w worker) Amount() int { return 1 }

func (w worker) Create(chan component.Message) component.Component { return w }

func (w worker) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{})
}

func (w worker) HandleBatch(messages []component.Message, _ []component.Report) int {
	return len(messages)
}
