package main

import (
	"bytes"
	"strings"
)

// scripted are the workloads in which a function of a script handles every message:
// the same text in gopiper, on each of its engines, and in a bare loop of LuaJIT over
// io.lines.
var scripted = []workload{
	{
		name: "W4i", title: "lines, rewritten by a Lua function", data: lines, sinks: onlyNull, rewrite: rewriteLine,
		programs: []program{
			gopiper("compiled", "w4i.lua"),
			interpreted("gopher-lua", "w4i.lua"),
			{name: "luajit", command: []string{"luajit", "bench/peers/lua/w4i.lua"}},
		},
		requirements: []requirement{
			{subject: "compiled", references: []string{"luajit"}, metric: cpu, atLeast: 3},
			{subject: "gopher-lua", references: []string{"luajit"}, metric: cpu, atMost: 2},
		},
	},
	{
		name: "W4ii", title: "events, some dropped and one member set by a Lua function", data: events, sinks: onlyNull,
		keep: func(line []byte) bool { return !bytes.Contains(line, []byte(`"level":"debug"`)) },
		edit: func(event map[string]any) { event["env"] = "prod" },
		programs: []program{
			gopiper("compiled", "w4ii.lua"),
			interpreted("gopher-lua", "w4ii.lua"),
			{name: "luajit with cjson", command: []string{"luajit", "bench/peers/lua/w4ii.lua"}},
		},
		requirements: []requirement{
			{subject: "compiled", references: []string{"luajit with cjson"}, metric: cpu, atLeast: 4},
			{subject: "gopher-lua", references: []string{"luajit with cjson"}, metric: cpu, atMost: 1},
		},
	},
}

func interpreted(name, plan string) program {
	return program{name: name, command: []string{"build/gopiper", "run", "--lua", "gopher-lua", "bench/plans/" + plan}}
}

func rewriteLine(line []byte) []byte {
	return []byte(strings.ToUpper(strings.ReplaceAll(string(line), "HTTP/1.1", "HTTP/2.0")))
}
