package file

import (
	"context"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/gopiper/gopiper/components/stream"
)

// plan says what is to be done with the files, in their order. What is remembered
// of other files comes first: the rest of one that was renamed is older than what
// is at its path now.
func (s *source) plan(files []string) {
	for _, name := range files {
		j := job{path: name}
		if s.resume {
			if info, err := os.Stat(name); err == nil && info.Mode().IsRegular() {
				j.entry = s.memory.take(identify(info), realPath(name))
			}
		}
		s.jobs = append(s.jobs, j)
	}
	if s.resume {
		s.jobs = append(s.left(), s.jobs...)
	}
}

// left says what is to be done with what is remembered of files that no pattern
// matches.
func (s *source) left() (jobs []job) {
	for _, partition := range s.memory.strange {
		jobs = append(jobs, job{entry: &entry{partition: partition}, last: true})
	}
	for _, id := range slices.SortedFunc(maps.Keys(s.memory.entries), identity.compare) {
		e := s.memory.entries[id]
		path, err := whereabouts(id, e.path)
		if err != nil {
			slog.Warn("it cannot be found out where a file is that was read before", "path", e.path, "error", err)
			continue
		}
		if e.path != "" && (e.done || !s.matches(&e.position)) {
			path = "" // there is nothing to read, or the patterns do not speak of it any more
		} else if path == "" && e.path != "" {
			tellGone(e.path, e.mark.Offset)
		}
		jobs = append(jobs, job{path: path, entry: e, last: true})
	}
	return jobs
}

func (i identity) compare(other identity) int {
	return strings.Compare(i.partition(), other.partition())
}

// resume reads what an earlier run has left of a file.
func (r *reading) resume(ctx context.Context, j job, file *os.File, info fs.FileInfo) (stopped bool, err error) {
	head, err := readHead(file, make([]byte, printMax))
	if err != nil {
		return false, err
	}
	p := &r.placer
	p.partition = identify(info).partition()
	p.position = &position{birth: born(file), print: fingerprintOf(head)}
	p.position.at(j.path)
	packed := r.source.decompress && compressed(head)
	if e := j.entry; e != nil {
		why := p.position.goOn(e, info.Size(), head, packed)
		if why != "" && j.last && (p.position.birth == 0 || p.position.birth != e.birth) {
			// A file that no pattern matches has got its inode.
			tellGone(e.path, e.mark.Offset)
			return false, nil
		}
		if why != "" {
			slog.Info("a file is read from its beginning", "path", j.path, "because", why)
		}
		if j.last {
			p.partition, p.position.path, p.position.name = e.partition, e.path, e.name
		} else if p.partition != e.partition && (!p.say() || !p.forget(e.partition)) {
			return true, nil
		}
	}
	if packed {
		return r.resumePacked(ctx, file, info.Size())
	}
	if _, err := file.Seek(p.position.mark.Offset, io.SeekStart); err != nil {
		return false, err
	}
	r.reader.Place = p.place
	result, err := r.reader.ReadOn(ctx, file, p.position.mark, stream.Finish)
	return result.Stopped, err
}

// resumePacked reads a compressed file, unless it was read to its end: there is
// no place within it at which reading could go on.
func (r *reading) resumePacked(ctx context.Context, file *os.File, size int64) (stopped bool, err error) {
	p := &r.placer
	if p.position.done {
		return false, nil
	}
	if stopped, err := r.readAll(ctx, file); stopped || err != nil {
		return stopped, err
	}
	p.position.mark, p.position.done = stream.Mark{Offset: size}, true
	return !p.say(), nil
}

// goOn takes over where reading goes on in a file from what is remembered of it,
// or says why that is another file.
func (p *position) goOn(e *entry, size int64, head []byte, packed bool) string {
	if e.path == "" {
		return "" // unusable, which was told
	}
	why := e.differs(size, p.birth, head)
	switch {
	case why != "":
	case packed != e.done && e.mark.Offset > 0:
		why = "it was read with another value of decompress"
	case packed && size != e.mark.Offset:
		why = "it is compressed, and has another length than it had"
	default:
		p.mark, p.done = e.mark, e.done
	}
	return why
}
