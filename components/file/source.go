package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/stream"
)

// source is what is to be read. Its workers share it.
type source struct {
	patterns     []string
	allowMissing bool
	decompress   bool
	addPath      bool
	options      stream.Options
	begins       func(line []byte) bool // see stream.Reader
	resume       bool
	follow       *following // nil: the files are read to their end

	memory  *memory      // nil if nothing is to be remembered
	workers atomic.Int64 // that were opened
	jobs    []job        // what is to be done, once opened
	taken   atomic.Int64
}

// job is a file to read.
type job struct {
	path string
	// entry is what is remembered of it, if anything.
	entry *entry
	// last says that the file has got another name, which no pattern matches: it is
	// forgotten once it was read. Without a path there is nothing left to read.
	last bool
}

// open finds the files.
func (s *source) open(ctx context.Context) error {
	s.jobs, s.memory = nil, nil
	s.workers.Store(0)
	s.taken.Store(0)
	if s.resume || s.follow != nil {
		positions := component.PositionsOf(ctx)
		if s.resume && !positions.Durable {
			return fmt.Errorf("attribute %q: there is nothing to remember positions in; run with --state DIR", "resume")
		}
		s.memory = remember(positions)
	}
	var files []string
	for _, pattern := range s.patterns {
		matches, err := expand(pattern)
		if err != nil {
			return err
		}
		if len(matches) == 0 && !s.allowMissing && s.follow == nil {
			return fmt.Errorf("attribute %q: %s: no such file; set allow_missing = true if there may be none", "paths", pattern)
		}
		for _, name := range matches {
			if !slices.Contains(files, name) {
				files = append(files, name)
			}
		}
	}
	if s.follow != nil {
		return nil // each worker finds them by itself, again and again
	}
	s.plan(files)
	return nil
}

// expand returns the files that a pattern matches. A file's own name always
// matches it, whatever is in it.
func expand(pattern string) ([]string, error) {
	if info, err := os.Stat(pattern); err == nil {
		if info.IsDir() {
			return nil, fmt.Errorf("attribute %q: %s is a directory; name its files: %s", "paths", pattern, filepath.Join(pattern, "*"))
		}
		return []string{pattern}, nil
	}
	names, err := filepath.Glob(pattern)
	if err != nil {
		return nil, fmt.Errorf("attribute %q: %s: %w", "paths", pattern, err)
	}
	return slices.DeleteFunc(names, func(name string) bool {
		info, err := os.Stat(name)
		return err == nil && info.IsDir()
	}), nil
}

// run reads one file after the other that no other worker has taken.
func (s *source) run(ctx context.Context, out component.Output) error {
	r := reading{source: s, reader: stream.NewReader(out, s.options), placer: placer{out: out}}
	r.reader.Begins = s.begins
	for {
		i := s.taken.Add(1) - 1
		if i >= int64(len(s.jobs)) {
			return nil
		}
		if stopped, err := r.do(ctx, s.jobs[i]); stopped || err != nil {
			return err
		}
	}
}

// reading is the reading of files to their end, by one worker.
type reading struct {
	source *source
	reader *stream.Reader
	placer placer
}

func (r *reading) do(ctx context.Context, j job) (stopped bool, err error) {
	if j.path != "" {
		stopped, err = r.read(ctx, j)
	}
	if stopped || err != nil || !j.last {
		return stopped, named(j.path, err)
	}
	return !r.placer.forget(j.entry.partition), nil
}

func (r *reading) read(ctx context.Context, j job) (stopped bool, err error) {
	if r.source.addPath {
		r.reader.Annotate = annotate(j.path)
	}
	file, err := os.Open(j.path)
	if err != nil {
		return false, err
	}
	defer file.Close()
	if r.source.resume {
		info, err := file.Stat()
		if err != nil {
			return false, err
		}
		if info.Mode().IsRegular() {
			return r.resume(ctx, j, file, info)
		}
	}
	// What can block, such as a named pipe, can be interrupted by a deadline.
	defer context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })()
	return r.readAll(ctx, file)
}

// readAll reads a file from its beginning to its end.
func (r *reading) readAll(ctx context.Context, file *os.File) (stopped bool, err error) {
	content := io.ReadCloser(file)
	if r.source.decompress {
		if content, err = decompress(file); err != nil {
			return false, err
		}
		defer content.Close()
	}
	return r.reader.Read(ctx, content)
}

// named makes sure that an error of reading says of what.
func named(path string, err error) error {
	if pathError := (*os.PathError)(nil); err != nil && !errors.As(err, &pathError) {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// annotate returns what gives the messages of a file their attribute path. The
// attributes are allocated for many messages at once.
func annotate(name string) func(*component.Batch) {
	const atOnce = 256
	var free []string
	return func(batch *component.Batch) {
		if len(free) == 0 {
			free = make([]string, 2*atOnce)
		}
		pair := free[:2:2]
		free = free[2:]
		pair[0], pair[1] = "path", name
		batch.SetMeta(component.Meta{Attributes: pair})
	}
}
