package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gopiper/gopiper/control"
	"github.com/gopiper/gopiper/observe"
)

// tableRows is how many rows of a table are aligned with each other.
const tableRows = 1000

// descriptionMax is how much of a description the list shows.
const descriptionMax = 60

var columns = []string{"ID", "TIME", "PIPELINE", "STAGE", "STATUS", "ATTEMPTS", "SIZE", "DESCRIPTION"}

// printer writes messages.
type printer struct {
	out    *bufio.Writer
	count  int
	widths []int // of the columns of a table
	rows   [][]string
}

func newPrinter(file *os.File) *printer { return &printer{out: bufio.NewWriterSize(file, 1<<16)} }

// end writes what is left. A reader that has left has seen enough.
func (p *printer) end(err error) error {
	p.table()
	if flushed := p.out.Flush(); err == nil {
		err = flushed
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil
	}
	return err
}

// raw writes a message's data.
func (p *printer) raw(e control.Entry) error {
	p.count++
	if _, err := p.out.Write(e.Data); err != nil {
		return err
	}
	return p.out.WriteByte('\n')
}

// listed is a message without its data.
type listed struct {
	control.Entry
	Data []byte `json:"data,omitempty"`
}

// object writes a message as a JSON object in a line.
func (p *printer) object(e control.Entry) error {
	p.count++
	encoder := json.NewEncoder(p.out)
	encoder.SetEscapeHTML(false)
	return encoder.Encode(listed{e, e.Data})
}

// oneLine is the beginning of a text, for a terminal.
func oneLine(text string, most int) string {
	text, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	runes := []rune(printable(text))
	if more || len(runes) > most {
		runes = append(runes[:min(len(runes), most-1)], '…')
	}
	return string(runes)
}

// row writes a message as a row of a table.
func (p *printer) row(e control.Entry) error {
	if p.count == 0 {
		p.rows = append(p.rows, columns)
	}
	p.count++
	description := oneLine(e.Description, descriptionMax)
	if e.Replaying {
		description = strings.TrimSpace("(to be replayed) " + description)
	}
	p.rows = append(p.rows, []string{
		strconv.FormatUint(e.ID, 10), e.Time.Local().Format(time.DateTime), printable(e.Pipeline), printable(e.Stage),
		strconv.Itoa(e.Status), strconv.Itoa(e.Attempts), observe.Bytes(uint64(e.Size)), description,
	})
	if len(p.rows) > tableRows {
		return p.table()
	}
	return nil
}

// table writes the rows at hand.
func (p *printer) table() error {
	if p.widths == nil {
		p.widths = make([]int, len(columns))
	}
	for _, row := range p.rows {
		for i, cell := range row {
			p.widths[i] = max(p.widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range p.rows {
		line := ""
		for i, cell := range row {
			padding := strings.Repeat(" ", p.widths[i]-utf8.RuneCountInString(cell))
			switch {
			case i == 0 || i >= 4 && i <= 6: // numbers
				line += padding + cell + "  "
			default:
				line += cell + padding + "  "
			}
		}
		if _, err := p.out.WriteString(strings.TrimRight(line, " ") + "\n"); err != nil {
			return err
		}
	}
	p.rows = p.rows[:0]
	return nil
}

// page writes all that is known of a message.
func (p *printer) page(e control.Entry) error {
	if p.count > 0 {
		p.out.WriteByte('\n')
	}
	p.count++
	fmt.Fprintf(p.out, "%s\n", bold(fmt.Sprintf("message %d", e.ID)))
	line := func(name, text string) {
		if text != "" {
			fmt.Fprintf(p.out, "  %-12s %s\n", name, indented(printable(text), strings.Repeat(" ", 15)))
		}
	}
	line("pipeline", e.Pipeline)
	line("stage", e.Stage)
	line("failed", e.Time.Local().Format("2006-01-02 15:04:05.000 -0700"))
	line("status", strconv.Itoa(e.Status))
	line("description", e.Description)
	line("attempts", strconv.Itoa(e.Attempts))
	if e.Replaying {
		line("replay", "it is to enter the stage once more")
	}
	line("key", e.Key)
	if e.Timestamp != 0 {
		line("timestamp", time.Unix(0, e.Timestamp).Local().Format("2006-01-02 15:04:05.000000000 -0700"))
	}
	for i, name := range slices.Sorted(maps.Keys(e.Attributes)) {
		label := ""
		if i == 0 {
			label = "attributes"
		}
		fmt.Fprintf(p.out, "  %-12s %s = %s\n", label, printable(name), printable(e.Attributes[name]))
	}
	form, text := "text", string(e.Data)
	if !isText(e.Data) {
		form, text = "hexadecimal", hex.Dump(e.Data)
	}
	if len(e.Data) == 0 {
		form = "empty"
	}
	fmt.Fprintf(p.out, "  data, %s, %s\n", observe.Bytes(uint64(len(e.Data))), form)
	if len(e.Data) > 0 {
		fmt.Fprintf(p.out, "    %s\n", strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n    "))
	}
	return nil
}

// isText tells whether data can be shown as it is.
func isText(data []byte) bool {
	if !utf8.Valid(data) {
		return false
	}
	return !strings.ContainsFunc(string(data), func(r rune) bool { return r != '\n' && r != '\t' && r != '\r' && !unicode.IsPrint(r) })
}

// printable is a text without what a terminal would act on.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar
	}, text)
}
