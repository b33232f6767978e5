package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"time"
)

// workload is one job that several programs do in turn.
type workload struct {
	name, title string
	data        kind
	sinks       []sink
	// keep says which lines the output holds; nil keeps all.
	keep func(line []byte) bool
	// distinct says that of equal lines the output holds the first.
	distinct bool
	// edit says what becomes of an event; nil leaves it alone. Outputs are then
	// compared as JSON values, in order.
	edit func(event map[string]any)
	// rewrite says what becomes of a line; nil leaves it alone.
	rewrite func(line []byte) []byte
	// counted adds a check that a stage is called once for every message.
	counted bool
	// growth is what CPU may have become more, at most, since another commit; 0 is
	// without bound.
	growth       float64
	programs     []program
	requirements []requirement
}

// program is one way to do the job.
type program struct {
	name string
	// command is run in the repository's root. In it, in env and in writes, {input}
	// stands for the input's path, which is the standard input otherwise, and
	// {folder} for a folder on the disk that is made for one run.
	command []string
	env     []string
	folder  string // runs it in another folder than the repository's root
	writes  string // the file that holds the output; "" is the standard output
	slow    bool   // gets a part of the messages only
	// patience is how long it may run; 0 is the usual time.
	patience time.Duration
	// counts means that it prints how many messages it has read, rather than
	// them.
	counts bool
	// pipeOnly is for programs that do less when they write to /dev/null.
	pipeOnly bool
}

// metric is what a requirement bounds.
type metric string

const (
	cpu        metric = "cpu"  // µs for each message
	wall       metric = "wall" // µs for each message
	rate       metric = "messages/s"
	throughput metric = "MB/s" // of the messages' bytes
	peak       metric = "peak MiB"
)

// requirement bounds a ratio between two programs, taken round by round, or a value
// of one.
type requirement struct {
	subject string
	// references are the programs that the subject is compared with, by cpu or wall:
	// the one with the lowest median counts. With none, it is the subject's own value
	// that counts.
	references []string
	metric     metric
	// atMost bounds subject ÷ reference, atLeast bounds reference ÷ subject, or both
	// the value; where both are 0 it is printed only.
	atMost, atLeast float64
}

const (
	substring  = `" 503 `
	expression = `" 5[0-9][0-9] `
)

var both = []sink{toNull, toPipe}

// The workloads.
var workloads = slices.Concat(fleeting, scripted, durable)

// fleeting are the workloads in which nothing outlives the process.
var fleeting = []workload{
	{
		name: "W1", title: "lines, unchanged", data: lines, sinks: both, growth: 1.05,
		programs: []program{
			gopiper("gopiper", "w1.lua"),
			gopiper("gopiper built-ins", "w1_builtin.lua"),
			{name: "read loop", command: []string{"build/bench/readloop"}, counts: true},
			{name: "cat", command: []string{"cat"}},
			{name: "pv -l", command: []string{"pv", "-lq"}},
			{name: "mawk", command: []string{"mawk", "{print}"}},
			{name: "rg", command: []string{"rg", ""}},
			{name: "grep", command: []string{"grep", ""}, pipeOnly: true},
			{name: "jq -R", command: []string{"jq", "-Rr", "."}, slow: true},
			benthos("benthos", "w1.yaml"),
			benthos("benthos acknowledged", "w1_acknowledged.yaml"),
		},
		requirements: []requirement{
			{subject: "gopiper", references: []string{"read loop"}, metric: cpu, atMost: 2.0},
			{subject: "gopiper", references: []string{"mawk"}, metric: cpu, atMost: 1.0},
			{subject: "gopiper", references: []string{"benthos", "benthos acknowledged"}, metric: cpu, atLeast: 60},
			{subject: "gopiper built-ins", references: []string{"read loop"}, metric: cpu},
		},
	},
	filtering("W2 substring", "w2_substring", 2.0, []string{"-F", substring}, func(line []byte) bool {
		return bytes.Contains(line, []byte(substring))
	}),
	filtering("W2 regexp", "w2_regexp", 3.0, []string{"-e", expression}, regexp.MustCompile(expression).Match),
	{
		name: "W3", title: "events, one member set, one deleted, one renamed", data: events, sinks: both, edit: editEvent,
		programs: []program{
			gopiper("gopiper", "w3.lua"),
			{name: "fastjson", command: []string{"build/bench/fastjson"}},
			{name: "jq", command: []string{"jq", "-c", `.env = "prod" | .message = .msg | del(.msg, .tmp)`}, slow: true},
			benthos("benthos", "w3.yaml"),
		},
		requirements: []requirement{
			{subject: "gopiper", references: []string{"fastjson"}, metric: cpu, atMost: 0.5},
			{subject: "gopiper", references: []string{"benthos"}, metric: cpu, atLeast: 30},
		},
	},
	{
		name: "W5", title: "W1 with ten empty stages in between", data: lines, sinks: both, counted: true,
		programs: []program{
			gopiper("W1", "w1.lua"),
			gopiper("ten Handle stages", "w5_handle.lua"),
			gopiper("ten batch stages", "w5_batch.lua"),
			benthos("benthos", "w5.yaml"),
		},
		requirements: []requirement{
			{subject: "ten Handle stages", references: []string{"W1"}, metric: cpu, atMost: 2.6},
			{subject: "ten batch stages", references: []string{"W1"}, metric: cpu, atMost: 1.4},
			{subject: "ten Handle stages", references: []string{"benthos"}, metric: cpu},
		},
	},
	{
		name: "W7", title: "W3 with two ordered workers, on two cores and on one", data: events,
		sinks: []sink{toNull}, edit: editEvent,
		programs: []program{
			gopiper("two workers", "w7.lua"),
			{name: "two workers, one core", command: []string{"taskset", "-c", "0", "build/gopiper", "run", "bench/plans/w7.lua"}},
			gopiper("one worker", "w3.lua"),
		},
		requirements: []requirement{
			{subject: "two workers", references: []string{"two workers, one core"}, metric: wall, atLeast: 1.7},
			{subject: "two workers", references: []string{"one worker"}, metric: wall},
		},
	},
}

// filtering is W2: keep the lines that match. ripgrep is required to be met
// where it, too, reads a stream; with a file it need not read, it maps.
func filtering(name, plan string, atMost float64, pattern []string, keep func([]byte) bool) workload {
	rg := append([]string{"rg", "--no-filename", "--no-line-number"}, pattern...)
	grep := "-F"
	if pattern[0] != "-F" {
		grep = "-E"
	}
	return workload{
		name: name, title: fmt.Sprintf("lines that match %s", pattern[1]), data: lines, sinks: both, keep: keep,
		programs: []program{
			gopiper("gopiper", plan+".lua"),
			{name: "rg stdin", command: append(rg[:len(rg):len(rg)], "-")},
			{name: "rg file", command: append(rg[:len(rg):len(rg)], "{input}")},
			{name: "rg file, no mmap", command: append(rg[:len(rg):len(rg)], "--no-mmap", "{input}")},
			{name: "mawk", command: []string{"mawk", "/" + pattern[1] + "/"}},
			{name: "grep " + grep, command: []string{"grep", grep, "-e", pattern[1]}, pipeOnly: true},
			benthos("benthos", plan+".yaml"),
		},
		requirements: []requirement{
			{subject: "gopiper", references: []string{"rg stdin"}, metric: cpu, atMost: atMost},
			{subject: "gopiper", references: []string{"rg file", "rg file, no mmap"}, metric: cpu},
			{subject: "gopiper", references: []string{"benthos"}, metric: cpu, atLeast: 40},
		},
	}
}

func gopiper(name, plan string) program {
	return program{name: name, command: []string{"build/gopiper", "run", "bench/plans/" + plan}}
}

// benthos runs at its best: batches of 1000 in the configuration, and a garbage
// collector that runs a quarter as often as by default.
func benthos(name, configuration string) program {
	return program{
		name:    name,
		command: []string{"build/bench/benthos", "run", "bench/peers/configs/" + configuration},
		env:     []string{"GOGC=400"},
		slow:    true,
	}
}

func editEvent(event map[string]any) {
	event["env"] = "prod"
	delete(event, "tmp")
	event["message"] = event["msg"]
	delete(event, "msg")
}
