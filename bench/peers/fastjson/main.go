// Command fastjson is the peer of the events workload: a loop over
// valyala/fastjson, the fastest JSON library for Go that keeps the whole value.
// It adds env, deletes tmp and renames msg to message in every line of the
// standard input. Parser, arena and buffers are reused, so it allocates nothing
// in the steady state.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/valyala/fastjson"
)

func main() {
	if err := edit(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fastjson:", err)
		os.Exit(1)
	}
}

func edit(in io.Reader, out io.Writer) error {
	reader := bufio.NewReaderSize(in, 256<<10)
	writer := bufio.NewWriterSize(out, 256<<10)
	var parser fastjson.Parser
	var arena fastjson.Arena
	var text []byte
	for {
		line, err := reader.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return writer.Flush()
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		value, err := parser.ParseBytes(bytes.TrimSuffix(line, []byte{'\n'}))
		if err != nil {
			return err
		}
		object, err := value.Object()
		if err != nil {
			return err
		}
		object.Set("env", arena.NewString("prod"))
		object.Del("tmp")
		if message := object.Get("msg"); message != nil {
			object.Del("msg")
			object.Set("message", message)
		}
		text = append(value.MarshalTo(text[:0]), '\n')
		arena.Reset()
		if _, err := writer.Write(text); err != nil {
			return err
		}
	}
}
