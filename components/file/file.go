// Package file is the component file: as a source it reads messages from
// files, as a sink it writes messages to one.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
	"github.com/gopiper/gopiper/match"
)

// NewFactory returns the component's factory.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	paths, _ := attributes["paths"].([]string)
	path, _ := attributes["path"].(string)
	switch {
	case len(paths) > 0 && path != "":
		return nil, errors.New(`attributes "paths" and "path": give paths to read from files, or path to write to one`)
	case len(paths) == 0 && path == "":
		return nil, errors.New(`attributes "paths" and "path" are missing: give paths to read from files, or path to write to one`)
	}
	options, err := stream.SourceOptions(attributes)
	if err != nil {
		return nil, err
	}
	if path != "" {
		return newSinkFactory(path, options.Framing, attributes)
	}
	return newSourceFactory(paths, options, attributes)
}

func newSourceFactory(paths []string, options stream.Options, attributes map[string]any) (component.Factory, error) {
	s := &source{patterns: paths, options: options}
	for _, p := range paths {
		if _, err := filepath.Match(p, ""); err != nil {
			return nil, fmt.Errorf("attribute %q: %q is no pattern: write a [ that stands for itself as \\[", "paths", p)
		}
	}
	s.allowMissing, _ = attributes["allow_missing"].(bool)
	s.decompress, _ = attributes["decompress"].(bool)
	s.addPath, _ = attributes["add_path"].(bool)
	s.resume, _ = attributes["resume"].(bool)
	var err error
	if s.begins, err = newBegins(options.Framing, attributes); err != nil {
		return nil, err
	}
	if s.follow, err = newFollowing(options.Framing, attributes); err != nil {
		return nil, err
	}
	if s.follow != nil && s.resume {
		return nil, fmt.Errorf("attribute %q: with follow = true reading goes on where it ended anyway; remove it", "resume")
	}
	return &factory{source: s}, nil
}

// newBegins reads the attributes for messages of several lines.
func newBegins(format framing.Format, attributes map[string]any) (func(line []byte) bool, error) {
	start, _ := attributes["multiline_start"].(string)
	more, _ := attributes["multiline_continue"].(string)
	name, expression, begins := "multiline_start", start, true
	switch {
	case start == "" && more == "":
		return nil, nil
	case start != "" && more != "":
		return nil, errors.New(`attributes "multiline_start" and "multiline_continue": give one of them`)
	case more != "":
		name, expression, begins = "multiline_continue", more, false
	}
	if _, delimited := format.Delimiter(); !delimited {
		return nil, fmt.Errorf("attribute %q: there are no lines with framing = %q; give line or nul", name, format)
	}
	pattern, err := match.Compile(expression)
	if err != nil {
		return nil, fmt.Errorf("attribute %q: %w", name, err)
	}
	return func(line []byte) bool { return pattern.Match(line) == begins }, nil
}

// newFollowing reads the attributes for following files; nil if they are not to
// be followed.
func newFollowing(format framing.Format, attributes map[string]any) (*following, error) {
	var f following
	startAt, _ := attributes["start_at"].(string)
	f.fromEnd = startAt == "end"
	f.refresh, _ = attributes["refresh"].(time.Duration)
	f.closeAfter, _ = attributes["close_after"].(time.Duration)
	f.closeRotated, _ = attributes["close_rotated"].(time.Duration)
	f.multilineTimeout, _ = attributes["multiline_timeout"].(time.Duration)
	limit, _ := attributes["max_open"].(int64)
	f.maxOpen = int(limit)
	switch follow, _ := attributes["follow"].(bool); {
	case !follow && f.fromEnd:
		return nil, fmt.Errorf("attribute %q: nothing comes behind the end of a file that is not followed; set follow = true", "start_at")
	case !follow:
		return nil, nil
	case format == framing.None:
		return nil, fmt.Errorf("attribute %q: a file that is followed has no end, and with framing = %q nothing else ends a message; give another framing", "follow", format)
	}
	return &f, nil
}

// forReading are attributes that a sink has no use for.
var forReading = []string{"allow_missing", "add_path", "follow", "resume"}

func newSinkFactory(path string, format framing.Format, attributes map[string]any) (component.Factory, error) {
	for _, name := range forReading {
		if set, _ := attributes[name].(bool); set {
			return nil, fmt.Errorf("attribute %q is for reading, and \"path\" says to write; remove one of them", name)
		}
	}
	text, _ := attributes["mode"].(string)
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || mode != mode&0o777 {
		return nil, fmt.Errorf("attribute %q: %q are no permissions; give them in octal, such as \"0640\"", "mode", text)
	}
	t := target{
		path: path, format: format, mode: fs.FileMode(mode), reopen: make(chan os.Signal, 1),
		writeFile: (*os.File).Write, syncFile: (*os.File).Sync,
	}
	t.append, _ = attributes["append"].(bool)
	t.sync, _ = attributes["sync"].(bool)
	return &factory{target: &t}, nil
}

// factory has a source or a target.
type factory struct {
	source *source
	target *target
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Open(ctx context.Context) error {
	if f.source != nil {
		return f.source.open(ctx)
	}
	return f.target.start(ctx)
}

func (f *factory) Close() error {
	if f.target == nil {
		return nil
	}
	return f.target.close()
}

func (f *factory) Create(chan component.Message) component.Component {
	w := &worker{source: f.source}
	if f.target != nil {
		w.sink = newSink(f.target)
	}
	return w
}

// worker has a source, which all workers share, or a sink of its own.
type worker struct {
	source *source
	lane   int // which of the source's workers it is
	sink   *sink
}

func (w *worker) Open(context.Context) error {
	if w.source != nil {
		w.lane = int(w.source.workers.Add(1) - 1)
	}
	return nil
}

func (w *worker) Run(ctx context.Context, out component.Output) error {
	switch {
	case w.source == nil:
		return errors.New(`a file to read from needs the attribute "paths"; "path" is for writing`)
	case w.source.follow != nil:
		return w.source.runFollowing(ctx, out, w.lane)
	}
	return w.source.run(ctx, out)
}

// noTarget is the report on messages that reach a file to read from.
var noTarget = component.Report{
	Status: component.Fail, Description: `a file to write to needs the attribute "path"; "paths" is for reading`,
}

func (w *worker) Handle(message component.Message, handled component.HandledCallback) {
	if w.sink == nil {
		handled(noTarget)
		return
	}
	w.sink.writer.Add(message)
	handled(component.Report{})
}

func (w *worker) HandleBatch(messages []component.Message, reports []component.Report) int {
	if w.sink == nil {
		for i := range messages {
			reports[i] = noTarget
		}
		return len(messages)
	}
	w.sink.writer.Add(messages...)
	return len(messages)
}

func (w *worker) Flush(context.Context) error {
	if w.sink == nil {
		return nil
	}
	return w.sink.flush()
}
