// Command readloop is the floor that gopiper is measured against: it reads
// blocks of 256 KiB from the standard input, finds the newlines, and prints how
// many there were. It keeps, copies and writes no line.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

func main() {
	lines, err := count(os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, "readloop:", err)
		os.Exit(1)
	}
	fmt.Println(lines)
}

func count(in io.Reader) (lines int, err error) {
	block := make([]byte, 256<<10)
	for {
		n, err := in.Read(block)
		for rest := block[:n]; ; lines++ {
			i := bytes.IndexByte(rest, '\n')
			if i < 0 {
				break
			}
			rest = rest[i+1:]
		}
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
	}
}
