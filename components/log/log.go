// Package log is the component log: it logs messages that pass.
package log

import (
	"context"
	"log/slog"

	"github.com/gopiper/gopiper/component"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "log",
	Summary: "Logs messages and lets them pass.",
	Doc: "The messages appear among gopiper's own log lines, on the standard error, with their data, key and " +
		"attributes, as far as they have them. As the last stage it delivers them there.",
	Example: `gopiper.generate{ count = 3 },
gopiper.log{ text = "generated" },
gopiper.drop{}`,
	Roles:      component.Processor | component.Sink,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
	Delivery: []component.Promise{{
		Delivery: component.Unconfirmed,
		Doc: "a message is settled once it was given to the log, which leaves out what is below its level " +
			"and what repeats too often; nobody confirms that a line is kept",
	}},
	Attributes: []component.Attribute{
		{Name: "level", Type: component.String, Default: "info", Options: []string{"debug", "info", "warn", "error"}, Doc: "The level to log at."},
		{Name: "text", Type: component.String, Default: "message", Doc: "What the log line says."},
		{Name: "every", Type: component.Int, Default: int64(1), Min: int64(1), Doc: "Of so many messages the first one is logged. Each worker counts its own."},
		{Name: "max_data", Type: component.Size, Default: int64(1024), Min: int64(0), Doc: "How much of a message's data is logged at most."},
	},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	f := &factory{}
	level, _ := attributes["level"].(string)
	if err := f.level.UnmarshalText([]byte(level)); err != nil {
		return nil, err
	}
	f.text, _ = attributes["text"].(string)
	f.every, _ = attributes["every"].(int64)
	f.maxData, _ = attributes["max_data"].(int64)
	return f, nil
}

type factory struct {
	level   slog.Level
	text    string
	every   int64
	maxData int64
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component { return &worker{factory: f} }

type worker struct {
	*factory
	skip int64 // messages until the next one that is logged
}

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	w.log(slog.Default(), message)
	handled(component.Report{})
}

func (w *worker) HandleBatch(messages []component.Message, _ []component.Report) int {
	logger := slog.Default()
	for _, m := range messages {
		w.log(logger, m)
	}
	return len(messages)
}

func (w *worker) log(logger *slog.Logger, message component.Message) {
	if w.skip > 0 {
		w.skip--
		return
	}
	w.skip = w.every - 1
	if !logger.Enabled(context.Background(), w.level) {
		return
	}
	data := message.GetData()
	attributes := make([]slog.Attr, 1, 4)
	if int64(len(data)) > w.maxData {
		attributes[0] = slog.String("data", string(data[:w.maxData])+"…")
		attributes = append(attributes, slog.Int("bytes", len(data)))
	} else {
		attributes[0] = slog.String("data", string(data))
	}
	if m, ok := message.(component.StandardMessage); ok {
		if m.Key() != "" {
			attributes = append(attributes, slog.String("key", m.Key()))
		}
		var pairs []slog.Attr
		for name, value := range m.Attributes {
			pairs = append(pairs, slog.String(name, value))
		}
		if pairs != nil {
			attributes = append(attributes, slog.GroupAttrs("attributes", pairs...))
		}
	}
	logger.LogAttrs(context.Background(), w.level, w.text, attributes...)
}
