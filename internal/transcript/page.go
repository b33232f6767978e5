package transcript

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// Block is a fenced piece of code of a Markdown page.
type Block struct {
	Language string
	Text     string
	Line     int // of the fence
}

// Blocks returns the pieces of code of a page.
func Blocks(page string) []Block {
	var blocks []Block
	var at *Block
	number := 0
	for line := range strings.Lines(page) {
		number++
		fence, isFence := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "```")
		switch {
		case isFence && at == nil:
			at = &Block{Language: fence, Line: number}
		case isFence:
			blocks = append(blocks, *at)
			at = nil
		case at != nil:
			at.Text += line
		}
	}
	return blocks
}

var fileName = regexp.MustCompile(`^(?:--|//|#) (\S+\.\w+)\n`)

// Name is the file that the block is the contents of, which it names in a
// comment in its first line; "" if it names none.
func (b Block) Name() string {
	if match := fileName.FindStringSubmatch(b.Text); match != nil {
		return match[1]
	}
	return ""
}

// Step is a command of a session, and what it prints.
type Step struct {
	Command, Output string
	Line            int
}

// Session reads a block in the language console: commands behind "$ ", which go
// on behind "> ", and what they print.
func (b Block) Session() []Step {
	var steps []Step
	number := b.Line
	for line := range strings.Lines(b.Text) {
		number++
		command, isCommand := strings.CutPrefix(line, "$ ")
		more, goesOn := strings.CutPrefix(line, "> ")
		last := len(steps) - 1
		switch {
		case isCommand:
			steps = append(steps, Step{Command: command, Line: number})
		case last < 0:
		case goesOn && steps[last].Output == "":
			steps[last].Command += more
		default:
			steps[last].Output += line
		}
	}
	return steps
}

// Play runs a page: it writes the blocks that name a file, and runs the
// sessions, in turn, in the directory. What commands print, to the standard
// output and error, must be what the page says, with … for anything. It returns
// what is not.
func (p *Place) Play(directory, page string) []error {
	var problems []error
	status := 0
	for _, block := range Blocks(page) {
		if name := block.Name(); name != "" {
			path := filepath.Join(directory, name)
			if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
				return append(problems, err)
			}
			if err := os.WriteFile(path, []byte(block.Text), 0o666); err != nil {
				return append(problems, err)
			}
		}
		if block.Language != "console" {
			continue
		}
		for _, step := range block.Session() {
			// The shell is a new one, but $? is that of the command before.
			output, code := p.step(directory, fmt.Sprintf("(exit %d)\n%s", status, step.Command))
			if status = code; !Matches(step.Output, output) {
				problems = append(problems, fmt.Errorf("line %d: $ %sprints\n%sand not\n%s", step.Line, step.Command, output, step.Output))
			}
		}
	}
	return problems
}

// stepMax bounds how long a step may take: none takes more than a moment, but for
// one that compiles.
const stepMax = time.Minute

func (p *Place) step(directory, command string) (output string, code int) {
	ctx, cancel := context.WithTimeout(context.Background(), stepMax)
	defer cancel()
	shell := p.Shell(ctx, directory, command)
	text, err := shell.CombinedOutput()
	if ctx.Err() != nil || shell.ProcessState == nil {
		return fmt.Sprintf("%s(%v)\n", text, err), 1
	}
	return string(text), shell.ProcessState.ExitCode()
}

// Matches tells whether an output is what a page says, with … for anything, or,
// alone in a line, for any lines.
func Matches(says, output string) bool {
	pattern := regexp.QuoteMeta(says)
	pattern = strings.ReplaceAll(pattern, "\n…\n", "\n(?:.*\n)*?")
	pattern = regexp.MustCompile(`^…\n`).ReplaceAllString(pattern, "(?:.*\n)*?")
	pattern = strings.ReplaceAll(pattern, "…", ".*")
	return regexp.MustCompile("^(?:" + pattern + ")$").MatchString(output)
}
