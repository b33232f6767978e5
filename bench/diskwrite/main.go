// Command diskwrite is what durable programs are measured against: it copies the
// standard input to a new file, one write after the other, and has the disk keep
// each (fdatasync) before the next. It does nothing else.
//
//	diskwrite BYTES FILE
//
// BYTES is how much it writes at a time. It reads ahead meanwhile, so that the disk
// does not wait for the input.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

func main() {
	if err := do(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "diskwrite:", err)
		os.Exit(1)
	}
}

func do(arguments []string) error {
	if len(arguments) != 2 {
		return errors.New("usage: diskwrite BYTES FILE")
	}
	size, err := strconv.Atoi(arguments[0])
	if err != nil || size < 1 {
		return fmt.Errorf("%q is not a number of bytes", arguments[0])
	}
	file, err := os.OpenFile(arguments[1], os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(write(file, func() error { return datasync(file) }, os.Stdin, size), file.Close())
}

// block is what was read at a time, and the error that ended reading.
type block struct {
	data []byte
	err  error
}

// write copies in to out, size bytes at a time, and calls sync after each write.
func write(out io.Writer, sync func() error, in io.Reader, size int) error {
	const ahead = 2
	free, full := make(chan []byte, ahead), make(chan block, ahead)
	for range ahead {
		free <- make([]byte, size)
	}
	defer close(free)
	go func() {
		for data := range free {
			n, err := io.ReadFull(in, data)
			full <- block{data[:n], err}
			if err != nil {
				return
			}
		}
	}()
	for b := range full {
		if len(b.data) > 0 {
			if _, err := out.Write(b.data); err != nil {
				return err
			}
			if err := sync(); err != nil {
				return err
			}
		}
		if b.err == io.EOF || b.err == io.ErrUnexpectedEOF {
			return nil
		}
		if b.err != nil {
			return b.err
		}
		free <- b.data
	}
	return nil
}
