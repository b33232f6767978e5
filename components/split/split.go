// Package split is the component split: it makes many messages of one.
package split

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "split",
	Summary: "Makes many messages of one: its lines, its parts between delimiters, or the elements of a JSON array.",
	Doc: "The parts take the message's place, in their order, with its key, timestamp and attributes. The message " +
		"itself goes no further. To its source it is delivered when all parts are, failed when one of them is, and " +
		"dropped when all of them are, or when there are none.",
	Example: `gopiper.generate{ count = 1, template = "[1,2,3]" },
gopiper.split{ by = "json" },
gopiper.stdout{}`,
	Roles: component.Processor,
	Sync:  true,
	Emits: true,
	Attributes: []component.Attribute{
		{Name: "by", Type: component.String, Default: "delimiter", Options: []string{"delimiter", "json"}, Doc: "What " +
			"the parts are. `delimiter`: what stands between delimiters; one at the end is followed by no part. " +
			"`json`: the elements of a JSON array, each as its text stands there; what is no JSON array fails."},
		{Name: "delimiter", Type: component.String, Default: "\n", Doc: "What stands between two parts. It is no part of them."},
		{Name: "skip_empty", Type: component.Bool, Default: false, Doc: "Make no message of a part without any bytes."},
	},
}

// StatusNoArray is the status, of the class Fail, of a message that is to be
// split by json and is no JSON array.
const StatusNoArray = 204

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	by, _ := attributes["by"].(string)
	delimiter, _ := attributes["delimiter"].(string)
	skipEmpty, _ := attributes["skip_empty"].(bool)
	if delimiter == "" {
		return nil, errors.New(`attribute "delimiter" is empty; give the bytes that stand between two parts`)
	}
	return &factory{json: by == "json", delimiter: []byte(delimiter), skipEmpty: skipEmpty}, nil
}

type factory struct {
	json      bool
	delimiter []byte
	skipEmpty bool
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(postponed chan component.Message) component.Component {
	return &worker{factory: f, postponed: postponed}
}

type worker struct {
	*factory
	postponed chan component.Message
}

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	if w.json {
		handled(w.splitArray(message))
		return
	}
	data := message.GetData()
	if bytes.Contains(data, w.delimiter) {
		w.splitText(message, slices.Clone(data)) // of which the parts are pieces
		handled(component.Report{Status: component.Drop})
		return
	}
	if len(data) == 0 && w.skipEmpty {
		handled(component.Report{Status: component.Drop})
		return
	}
	handled(component.Report{})
}

func (w *worker) splitText(message component.Message, rest []byte) {
	for len(rest) > 0 {
		part, behind, _ := bytes.Cut(rest, w.delimiter)
		w.send(part, message)
		rest = behind
	}
}

func (w *worker) splitArray(message component.Message) component.Report {
	array, err := jsonview.Parse(message.GetData())
	if err == nil && array.Kind() != jsonview.Array {
		err = fmt.Errorf("found JSON of the type %v", array.Kind())
	}
	if err != nil {
		return component.Report{Status: StatusNoArray, Description: "no JSON array to split: " + err.Error()}
	}
	for _, element := range array.Elements {
		w.send(slices.Clone(element.Raw()), message)
	}
	return component.Report{Status: component.Drop}
}

func (w *worker) send(part []byte, parent component.Message) {
	if len(part) > 0 || !w.skipEmpty {
		w.postponed <- component.NewMessage(part, parent)
	}
}
