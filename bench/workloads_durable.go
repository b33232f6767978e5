package main

import "fmt"

// durable are the workloads in which messages, positions and keys are kept on the
// disk.
var durable = []workload{
	{
		name: "buffer", title: "lines through a buffer on the disk", data: lines, sinks: onlyNull,
		programs: []program{
			stateful("synced", "buffer.lua"),
			stateful("not synced", "buffer_unsynced.lua"),
			gopiper("no buffer", "w1_builtin.lua"),
		},
		requirements: []requirement{
			{subject: "synced", metric: rate, atLeast: 1_000_000},
			{subject: "not synced", metric: rate, atLeast: 3_000_000},
			{subject: "synced", references: []string{"no buffer"}, metric: cpu},
		},
	},
	bufferOfBlocks(),
	{
		name: "files", title: "lines from a file to a file", data: lines, sinks: onlyNull,
		programs: []program{
			copying(gopiper("without positions", "files.lua")),
			copying(stateful("with positions", "files_resume.lua")),
		},
		requirements: []requirement{
			{subject: "with positions", references: []string{"without positions"}, metric: wall, atMost: 1.20},
			{subject: "with positions", references: []string{"without positions"}, metric: cpu, atMost: 1.20},
		},
	},
	{
		name: "dedupe", title: "keys, ten of eleven new; the others dropped", data: keys, sinks: onlyNull, distinct: true,
		programs: []program{
			gopiper("in memory", "dedupe.lua"),
			stateful("durable", "dedupe.lua"),
		},
		requirements: []requirement{
			{subject: "in memory", metric: rate, atLeast: 1_000_000},
			{subject: "durable", metric: rate, atLeast: 200_000},
			{subject: "in memory", metric: peak},
			{subject: "durable", metric: peak},
		},
	},
}

var onlyNull = []sink{toNull}

// bufferOfBlocks compares a buffer with the disk: what cannot be compressed, written
// one piece after the other to one new file, and each piece synced before the next.
// Of several sizes of a piece, up to what gopiper may have in flight by default, the
// fastest counts.
func bufferOfBlocks() workload {
	w := workload{
		name: "buffer blocks", title: "random bytes through a buffer on the disk", data: blocks, sinks: onlyNull,
		programs: []program{stateful("gopiper", "buffer.lua")},
	}
	whole := requirement{subject: "gopiper", metric: wall, atLeast: 0.5}
	infos := []requirement{{subject: "gopiper", metric: throughput}}
	for _, kib := range []int{128, 1 << 10, 4 << 10, 16 << 10, 64 << 10} {
		name := fmt.Sprintf("disk, %d KiB", kib)
		if kib >= 1<<10 {
			name = fmt.Sprintf("disk, %d MiB", kib>>10)
		}
		w.programs = append(w.programs, copying(program{
			name: name, command: []string{"build/bench/diskwrite", fmt.Sprint(kib << 10), "{folder}/output"},
		}))
		whole.references = append(whole.references, name)
		infos = append(infos, requirement{subject: name, metric: throughput})
	}
	w.requirements = append([]requirement{whole}, infos...)
	return w
}

// stateful is gopiper with a state directory that is empty at first.
func stateful(name, plan string) program {
	p := gopiper(name, plan)
	p.command = []string{"build/gopiper", "run", "--state", "{folder}/state", "bench/plans/" + plan}
	return p
}

// copying is a program whose output is a file. Where it is gopiper, the plan finds
// the paths in its environment.
func copying(p program) program {
	p.writes = "{folder}/output"
	if isOurs(p) {
		p.env = []string{"INPUT={input}", "OUTPUT={folder}/output"}
	}
	return p
}
