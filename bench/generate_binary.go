package main

import (
	"bufio"
	"encoding/binary"
	"encoding/hex"
	"io"
)

// blockBytes is how long a block is, with its newline.
const blockBytes = 128 << 10

// writeBlocks writes lines of random bytes, which nothing can compress: of 128 KiB
// each, the newline included.
func writeBlocks(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	r := &random{state: 3}
	var line [blockBytes]byte
	for range n {
		for i := 0; i < len(line); i += 8 {
			binary.LittleEndian.PutUint64(line[i:], r.next())
		}
		for i, b := range line {
			if b == '\n' {
				line[i] = '\n' + 1
			}
		}
		line[len(line)-1] = '\n'
		if _, err := out.Write(line[:]); err != nil {
			return err
		}
	}
	return out.Flush()
}

// writeKeys writes lines of 32 hexadecimal digits, as long as UUIDs. Every eleventh
// is the same as one before it; no others are equal.
func writeKeys(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	r := &random{state: 4}
	var key [16]byte
	line := make([]byte, 33)
	line[32] = '\n'
	for i := range n {
		of := i
		if i%11 == 10 {
			if of = r.below(i); of%11 == 10 {
				of--
			}
		}
		binary.BigEndian.PutUint64(key[:8], (&random{state: uint64(of)}).next()) // other for every number
		binary.BigEndian.PutUint64(key[8:], (&random{state: ^uint64(of)}).next())
		hex.Encode(line, key[:])
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
