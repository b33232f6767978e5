package storetest

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// Damages says how much is damaged.
type Damages struct {
	// Crashed leaves the files as they are in the middle of the work, instead of as
	// they are after the store was closed.
	Crashed bool
	// Flips and Cuts are how many places of each file have a bit turned over, and how
	// many lengths it is cut to. All are tried if a file has no more.
	Flips, Cuts int
}

// Damaged is what came of damaging files.
type Damaged struct {
	Tried   int // files that were damaged, one at a time
	Refused int // times that the store said so
}

// Damage does some work, and damages every file that it has left, one at a time: a
// bit is turned over, its end is cut off, or it is removed. The store must refuse to
// open or to read, and name the file, or hold all that was synced, and nothing else.
func Damage(work Work, damages Damages) (count Damaged, err error) {
	h := NewHistory(work)
	memory := vfs.NewCrashableMem()
	s, err := h.run(memory, nil)
	if err != nil {
		return count, err
	}
	left := memory
	if damages.Crashed {
		left = memory.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: rand.New(rand.NewPCG(0, 0))})
	}
	if err := s.Close(); err != nil {
		return count, err
	}
	files, err := read(left, Dir)
	if err != nil {
		return count, err
	}
	random := rand.New(rand.NewPCG(work.Seed, 0xda))
	synced, issued := h.synced.Load(), h.issued.Load()
	if !damages.Crashed {
		synced = issued
	}
	for _, f := range files {
		for _, damaged := range f.damaged(random, damages) {
			refused, err := h.withDamage(files, damaged, synced, issued)
			if err != nil {
				return count, fmt.Errorf("seed %d, %s: %w", work.Seed, damaged.what, err)
			}
			count.Tried++
			if refused {
				count.Refused++
			}
		}
	}
	return count, nil
}

type content struct {
	name string
	data []byte // nil in one that is removed
	what string // was done to it
}

// read returns all files in a directory and below.
func read(fs vfs.FS, dir string) (files []content, err error) {
	names, err := fs.List(dir)
	for _, name := range names {
		name = fs.PathJoin(dir, name)
		info, err := fs.Stat(name)
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			below, err := read(fs, name)
			if err != nil {
				return nil, err
			}
			files = append(files, below...)
			continue
		}
		f, err := fs.Open(name)
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(f)
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		files = append(files, content{name: name, data: data})
	}
	return files, err
}

// damaged is a file in some damaged forms.
func (c content) damaged(random *rand.Rand, damages Damages) (list []content) {
	for _, at := range places(random, len(c.data), damages.Flips) {
		flipped := append([]byte{}, c.data...)
		bit := random.IntN(8)
		flipped[at] ^= 1 << bit
		list = append(list, content{c.name, flipped, fmt.Sprintf("bit %d of byte %d of %s turned over", bit, at, c.name)})
	}
	for _, length := range places(random, len(c.data), damages.Cuts) {
		list = append(list, content{c.name, c.data[:length:length], fmt.Sprintf("%s cut to %d of %d bytes", c.name, length, len(c.data))})
	}
	return append(list, content{c.name, nil, c.name + " removed"})
}

// places are some different numbers below limit, or all if there are no more.
func places(random *rand.Rand, limit, count int) []int {
	all := random.Perm(limit)
	return all[:min(count, limit)]
}

// withDamage opens a store with one of its files replaced.
func (h *History) withDamage(files []content, damaged content, synced, issued int64) (refused bool, err error) {
	fs := vfs.NewCrashableMem()
	for _, f := range files {
		if f.name == damaged.name {
			f = damaged
		}
		if err := write(fs, f); err != nil {
			return false, err
		}
	}
	_, err = h.verify(fs, synced, issued)
	var wrong *Wrong
	switch {
	case err == nil:
		return false, nil
	case errors.As(err, &wrong):
		return false, err
	case !strings.Contains(err.Error(), strings.TrimRight(damaged.name, "-0123456789MANIFEST.")):
		return false, fmt.Errorf("the error does not name the file: %w", err)
	}
	return true, nil
}

func write(fs vfs.FS, f content) error {
	if err := fs.MkdirAll(fs.PathDir(f.name), 0o700); err != nil || f.data == nil {
		return err
	}
	file, err := fs.Create(f.name, vfs.WriteCategoryUnspecified)
	if err != nil {
		return err
	}
	_, err = file.Write(append([]byte{}, f.data...))
	return errors.Join(err, file.Sync(), file.Close())
}
