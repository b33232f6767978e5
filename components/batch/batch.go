// Package batch is the component batch: it holds messages back until there are
// enough of them to go on together.
package batch

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/gather"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "batch",
	Summary: "Holds messages back until there are enough of them, and then hands them on together.",
	Doc: "Each message stays as it is. A sink that writes all that is there with one call, such as `file` with " +
		"`sync`, then makes fewer and larger ones, and messages wait for that as long as `period` allows. Without it " +
		"gopiper hands on what has come at once: batches grow by themselves when the sink is slower than the source. " +
		"To make one message of many, there is `concat`.",
	Example: `gopiper.stdin{},
gopiper.batch{ count = 1000, period = "1s" },
gopiper.file{ path = "slow-disk.log", sync = true }`,
	Roles:      component.Processor,
	Interfaces: gather.Interfaces,
	Sync:       true,
	Emits:      true,
	Stateful:   true,
	Attributes: gather.Attributes,
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	limits, err := gather.NewLimits(attributes)
	if err != nil {
		return nil, err
	}
	return &factory{limits: limits}, nil
}

type factory struct{ limits gather.Limits }

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(postponed chan component.Message) component.Component {
	return gather.NewWorker(f.limits, postponed, sendAll)
}

// sendAll sends the messages on as they are. It is a gather.Sender.
func sendAll(kept []component.Message, send func(component.Message) error) error {
	for _, m := range kept {
		if err := send(m); err != nil {
			return err
		}
	}
	return nil
}
