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

	files []string     // what the patterns match, once opened
	taken atomic.Int64 // how many of them workers have taken
}

// open finds the files.
func (s *source) open() error {
	s.files = nil
	s.taken.Store(0)
	for _, pattern := range s.patterns {
		matches, err := match(pattern)
		if err != nil {
			return err
		}
		if len(matches) == 0 && !s.allowMissing {
			return fmt.Errorf("attribute %q: %s: no such file; set allow_missing = true if there may be none", "paths", pattern)
		}
		for _, name := range matches {
			if !slices.Contains(s.files, name) {
				s.files = append(s.files, name)
			}
		}
	}
	return nil
}

// match returns the files that a pattern matches. A file's own name always
// matches it, whatever is in it.
func match(pattern string) ([]string, error) {
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
	reader := stream.NewReader(out, s.options)
	for {
		i := s.taken.Add(1) - 1
		if i >= int64(len(s.files)) {
			return nil
		}
		if s.addPath {
			reader.Annotate = annotate(s.files[i])
		}
		if stopped, err := s.read(ctx, reader, s.files[i]); stopped || err != nil {
			return err
		}
	}
}

func (s *source) read(ctx context.Context, reader *stream.Reader, name string) (stopped bool, err error) {
	file, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer file.Close()
	// What can block, such as a named pipe, can be interrupted by a deadline.
	defer context.AfterFunc(ctx, func() { _ = file.SetReadDeadline(time.Unix(1, 0)) })()
	content := io.ReadCloser(file)
	if s.decompress {
		if content, err = decompress(file); err != nil {
			return false, fmt.Errorf("%s: %w", name, err)
		}
		defer content.Close()
	}
	stopped, err = reader.Read(ctx, content)
	if pathError := (*os.PathError)(nil); err != nil && !errors.As(err, &pathError) {
		err = fmt.Errorf("%s: %w", name, err)
	}
	return stopped, err
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
