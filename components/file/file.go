// Package file is the component file: as a source it reads messages from
// files, as a sink it writes messages to one.
package file

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
	"github.com/gopiper/gopiper/framing"
)

// Declaration declares the component.
var Declaration = component.Declaration{
	Name:    "file",
	Summary: "Reads messages from files, or writes messages to a file.",
	Doc: `As the first stage it reads the files that match ` + "`paths`" + `, one after the other and each to its
end, and then ends. Files compressed with gzip or zstd are recognised by their first bytes. With several
workers each of them reads other files.

As the last stage it appends messages to the file ` + "`path`" + `, which it creates, with its directories,
where it is not there. Messages are written together, with one call for all that are there, and at once
when no more are. On the signal SIGUSR1 the next message goes to a newly opened file: rename the file,
send the signal, and the log is rotated.`,
	Example: `gopiper.file{ paths = { "access.log.2.gz", "access.log.1", "access.log" } },
gopiper.filter{ contains = "error" },
gopiper.file{ path = "errors.log" }`,
	Roles: component.Source | component.Sink,
	Interfaces: component.IsRunner | component.IsBatchHandler | component.IsFlusher |
		component.IsOpener | component.IsCloser | component.FactoryIsOpener,
	Sync: true,
	Attributes: []component.Attribute{
		{Name: "paths", Type: component.List, Doc: "Source: the files to read, in this order. `*`, `?` and `[a-z]` " +
			"stand for any characters, one character, and one of a range; what a pattern matches is read sorted " +
			"by name, without directories, and no file is read twice."},
		{Name: "allow_missing", Type: component.Bool, Default: false, Doc: "Source: a path that matches no file is no error."},
		{Name: "decompress", Type: component.Bool, Default: true, Doc: "Source: decompress what begins like a gzip or zstd file."},
		{Name: "add_path", Type: component.Bool, Default: false, Doc: "Source: give every message an attribute `path`: the " +
			"path of the file that it comes from."},
		stream.MaxMessage,
		{Name: "path", Type: component.String, Doc: "Sink: the file to write to."},
		{Name: "append", Type: component.Bool, Default: true, Doc: "Sink: keep what the file holds at the start and write " +
			"behind it. If not, the file is emptied first."},
		{Name: "mode", Type: component.String, Default: "0644", Doc: "Sink: the permissions of a file that is created, in octal, less the umask."},
		{Name: "sync", Type: component.Bool, Default: false, Doc: "Sink: wait until the disk has what was written (fsync) " +
			"before messages count as delivered."},
		{Name: "framing", Type: component.String, Default: stream.SinkFraming.Default, Options: stream.SinkFraming.Options,
			Doc: "Source: " + stream.SourceFraming.Doc + "\n\nSink: " + stream.SinkFraming.Doc},
	},
}

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
	return &factory{source: s}, nil
}

func newSinkFactory(path string, format framing.Format, attributes map[string]any) (component.Factory, error) {
	for _, name := range []string{"allow_missing", "add_path"} {
		if set, _ := attributes[name].(bool); set {
			return nil, fmt.Errorf("attribute %q is for reading, and \"path\" says to write; remove one of them", name)
		}
	}
	text, _ := attributes["mode"].(string)
	mode, err := strconv.ParseUint(text, 8, 32)
	if err != nil || mode != mode&0o777 {
		return nil, fmt.Errorf("attribute %q: %q are no permissions; give them in octal, such as \"0640\"", "mode", text)
	}
	s := target{path: path, format: format, mode: fs.FileMode(mode)}
	s.append, _ = attributes["append"].(bool)
	s.sync, _ = attributes["sync"].(bool)
	return &factory{target: &s}, nil
}

// factory has a source or a target.
type factory struct {
	source *source
	target *target
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Open(context.Context) error {
	if f.source != nil {
		return f.source.open()
	}
	return f.target.prepare()
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
	sink   *sink
}

func (w *worker) Open(context.Context) error {
	if w.sink == nil {
		return nil
	}
	return w.sink.open()
}

func (w *worker) Run(ctx context.Context, out component.Output) error {
	if w.source == nil {
		return errors.New(`a file to read from needs the attribute "paths"; "path" is for writing`)
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

func (w *worker) Close() error {
	if w.sink == nil {
		return nil
	}
	return w.sink.close()
}
