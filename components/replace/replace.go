// Package replace is the component replace: it replaces texts, or what a
// regular expression matches, in messages.
package replace

import (
	"errors"
	"fmt"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/match"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "replace",
	Summary: "Replaces a text, or what a regular expression matches, in messages.",
	Doc: "Give either `old` and `new`, which are compared byte by byte, or `pattern` and `with`. What is replaced does " +
		"not overlap and is found from the start to the end; what was put in is not looked at again. A message in " +
		"which there is nothing to replace passes as it is.",
	Example: `gopiper.stdin{}, gopiper.replace{ old = "HTTP/1.1", new = "HTTP/2.0" }, ` +
		`gopiper.replace{ pattern = [[user=(\w)\w*]], with = "user=${1}…" }, gopiper.stdout{}`,
	Roles:      component.Processor,
	Interfaces: component.IsBatchHandler,
	Sync:       true,
	Attributes: []component.Attribute{
		{Name: "old", Type: component.String, Doc: "The text to replace."},
		{Name: "new", Type: component.String, Doc: "What to put in its place; nothing if it is not given."},
		{Name: "pattern", Type: component.String, Doc: "The [regular expression](https://pkg.go.dev/regexp/syntax) to " +
			"replace the matches of."},
		{Name: "with", Type: component.String, Doc: "What to put in their place; nothing if it is not given. `$1` or `${1}` is what the first " +
			"group matched, `${name}` what the group of that name did, `$0` the whole match, `$$` a dollar sign."},
		{Name: "count", Type: component.Int, Min: int64(1), Doc: "How many to replace in a message at most, from its start; " +
			"all if it is not given."},
	},
}

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	f := &factory{count: -1}
	if count, ok := attributes["count"].(int64); ok {
		f.count = int(count)
	}
	old, isText := attributes["old"].(string)
	pattern, isPattern := attributes["pattern"].(string)
	var err error
	switch {
	case isText == isPattern:
		err = errors.New(`give either the attribute "old" or the attribute "pattern"`)
	case isText:
		err = f.forText(old, attributes)
	default:
		err = f.forPattern(pattern, attributes)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

type factory struct {
	count    int // -1: all
	old      string
	literal  *match.Literal // nil if there is a pattern
	pattern  *match.Pattern
	template template
}

func (f *factory) forText(old string, attributes map[string]any) error {
	if old == "" {
		return errors.New(`attribute "old": is empty; give the text to replace`)
	}
	if _, given := attributes["with"]; given {
		return errors.New(`attribute "with": goes with "pattern"; give "new" beside "old"`)
	}
	f.old, f.literal = old, match.NewLiteral(old)
	if text, _ := attributes["new"].(string); text != "" {
		f.template = template{{text: text}}
	}
	return nil
}

func (f *factory) forPattern(pattern string, attributes map[string]any) (err error) {
	if _, given := attributes["new"]; given {
		return errors.New(`attribute "new": goes with "old"; give "with" beside "pattern"`)
	}
	if f.pattern, err = match.Compile(pattern); err != nil {
		return fmt.Errorf("attribute \"pattern\": %w", err)
	}
	text, _ := attributes["with"].(string)
	if f.template, err = parseTemplate(text, f.pattern.Engine()); err != nil {
		return fmt.Errorf("attribute \"with\": %w", err)
	}
	return nil
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(chan component.Message) component.Component { return &worker{factory: f} }

type worker struct {
	*factory
	spans []int // starts and ends of what is replaced, and of its groups
}

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	w.edit(message)
	handled(component.Report{})
}

func (w *worker) HandleBatch(messages []component.Message, _ []component.Report) int {
	for _, m := range messages {
		w.edit(m)
	}
	return len(messages)
}

func (w *worker) edit(message component.Message) {
	data := message.GetData()
	stride := w.find(data)
	if len(w.spans) == 0 {
		return
	}
	length := len(data)
	for spans := w.spans; len(spans) > 0; spans = spans[stride:] {
		length += w.template.length(spans) - (spans[1] - spans[0])
	}
	var edited []byte
	if m, ok := message.(component.StandardMessage); ok {
		edited = m.Grow(length)
	} else {
		edited = make([]byte, 0, length)
	}
	rest := 0
	for spans := w.spans; len(spans) > 0; spans = spans[stride:] {
		edited = append(edited, data[rest:spans[0]]...)
		edited = w.template.expand(edited, data, spans)
		rest = spans[1]
	}
	message.SetData(append(edited, data[rest:]...))
}

// find sets spans to what is to be replaced, and returns how many numbers are
// about each.
func (w *worker) find(data []byte) (stride int) {
	w.spans = w.spans[:0]
	switch {
	case w.literal != nil:
		for n, i := w.count, 0; n != 0; n-- {
			if i = w.literal.Index(data, i); i < 0 {
				break
			}
			w.spans = append(w.spans, i, i+len(w.old))
			i += len(w.old)
		}
	case w.template.hasGroups():
		if !w.pattern.Match(data) {
			break
		}
		for _, m := range w.pattern.Engine().FindAllSubmatchIndex(data, w.count) {
			w.spans = append(w.spans, m...)
		}
		return 2 + 2*w.pattern.Engine().NumSubexp()
	default:
		w.spans = w.pattern.FindAll(w.spans, data, w.count)
	}
	return 2
}
