// Package concat is the component concat: it makes one message of many.
package concat

import (
	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/gather"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "concat",
	Summary: "Makes one message of many: joins the data of consecutive messages.",
	Doc: "The joined message has the key, the timestamp and the attributes of the first one. The messages it was " +
		"made of are settled when it is, with its outcome. To hand messages over together and leave each as it is, " +
		"there is `batch`.",
	Example: `gopiper.generate{ count = 6, template = "{{seq}}" },
gopiper.concat{ count = 3, delimiter = "," },
gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: gather.Interfaces,
	Sync:       true,
	Emits:      true,
	Stateful:   true,
	Attributes: append([]component.Attribute{
		{Name: "delimiter", Type: component.String, Default: "\n", Doc: "What is put between two messages."},
	}, gather.Attributes...),
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	delimiter, _ := attributes["delimiter"].(string)
	limits, err := gather.NewLimits(attributes)
	if err != nil {
		return nil, err
	}
	return &factory{delimiter: delimiter, limits: limits}, nil
}

type factory struct {
	delimiter string
	limits    gather.Limits
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(postponed chan component.Message) component.Component {
	return gather.NewWorker(f.limits, postponed, f.join)
}

// join sends the messages on as one. It is a gather.Sender.
func (f *factory) join(kept []component.Message, send func(component.Message) error) error {
	if len(kept) == 1 {
		return send(kept[0])
	}
	size := (len(kept) - 1) * len(f.delimiter)
	for _, m := range kept {
		size += len(m.GetData())
	}
	data := make([]byte, 0, size)
	for i, m := range kept {
		if i > 0 {
			data = append(data, f.delimiter...)
		}
		data = append(data, m.GetData()...)
	}
	if err := send(component.NewMessage(data, kept...)); err != nil {
		return err
	}
	for _, m := range kept {
		m.Release()
	}
	return nil
}
