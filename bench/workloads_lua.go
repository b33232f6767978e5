package main

import (
	"bytes"
	"strings"
)

// keepsInfo and setEnv are what the functions on events do.
func keepsInfo(line []byte) bool  { return !bytes.Contains(line, []byte(`"level":"debug"`)) }
func setEnv(event map[string]any) { event["env"] = "prod" }

func setEnvAndOrigin(event map[string]any) {
	setEnv(event)
	event["origin"] = event["host"]
}

// scripted are the workloads in which a function of a script handles every message:
// the same text in gopiper, on each of its engines, and in a bare loop of LuaJIT over
// io.lines.
var scripted = []workload{
	{
		name: "W4i", title: "lines, rewritten by a Lua function", data: lines, sinks: onlyNull, rewrite: rewriteLine,
		programs: []program{
			gopiper("compiled", "w4i.lua"),
			onEngine("gopher-lua", "gopher-lua", "w4i.lua"),
			onEngine("on luajit", "luajit", "w4i.lua"),
			{name: "luajit", command: []string{"luajit", "bench/peers/lua/w4i.lua"}},
		},
		requirements: []requirement{
			{subject: "compiled", references: []string{"luajit"}, metric: cpu, atLeast: 3},
			{subject: "gopher-lua", references: []string{"luajit"}, metric: cpu, atMost: 2},
			{subject: "on luajit", references: []string{"luajit"}, metric: cpu, atLeast: 1},
		},
	},
	{
		name: "W4ii", title: "events, some dropped and one member set by a Lua function", data: events, sinks: onlyNull,
		keep: keepsInfo, edit: setEnv,
		programs: []program{
			gopiper("compiled", "w4ii.lua"),
			onEngine("gopher-lua", "gopher-lua", "w4ii.lua"),
			onEngine("on luajit", "luajit", "w4ii.lua"),
			{name: "luajit with cjson", command: []string{"luajit", "bench/peers/lua/w4ii.lua"}},
		},
		requirements: []requirement{
			{subject: "compiled", references: []string{"luajit with cjson"}, metric: cpu, atLeast: 4},
			{subject: "gopher-lua", references: []string{"luajit with cjson"}, metric: cpu, atMost: 1},
			{subject: "on luajit", references: []string{"luajit with cjson"}, metric: cpu, atLeast: 1},
		},
	},
	{
		name: "W4iii", title: "events, some dropped and two members set, by two functions", data: events, sinks: onlyNull,
		keep: keepsInfo, edit: setEnvAndOrigin,
		programs: []program{
			gopiper("two functions", "w4iii.lua"),
			gopiper("one function", "w4iii_joined.lua"),
		},
		requirements: []requirement{
			{subject: "two functions", references: []string{"one function"}, metric: cpu, atMost: 1.3},
		},
	},
	{
		name: "W7 Lua", title: "W4ii with two ordered workers, on two cores and on one", data: events,
		sinks: onlyNull, keep: keepsInfo, edit: setEnv,
		programs: []program{
			onEngine("two workers", "gopher-lua", "w7lua.lua"),
			{name: "two workers, one core", command: append([]string{"taskset", "-c", "0"}, onEngine("", "gopher-lua", "w7lua.lua").command...)},
			onEngine("one worker", "gopher-lua", "w4ii.lua"),
			gopiper("compiled, two workers", "w7lua.lua"),
			{name: "compiled, two workers, one core", command: append([]string{"taskset", "-c", "0"}, gopiper("", "w7lua.lua").command...)},
			gopiper("compiled, one worker", "w4ii.lua"),
		},
		requirements: []requirement{
			{subject: "two workers", references: []string{"two workers, one core"}, metric: wall, atLeast: 1.7},
			{subject: "two workers", references: []string{"one worker"}, metric: wall},
			{subject: "compiled, two workers", references: []string{"compiled, two workers, one core"}, metric: wall, atLeast: 1.7},
			{subject: "compiled, two workers", references: []string{"compiled, one worker"}, metric: wall},
		},
	},
}

// onEngine is gopiper with all functions on one engine.
func onEngine(name, engine, plan string) program {
	return program{name: name, command: []string{"build/gopiper", "run", "--lua", engine, "bench/plans/" + plan}}
}

func rewriteLine(line []byte) []byte {
	return []byte(strings.ToUpper(strings.ReplaceAll(string(line), "HTTP/1.1", "HTTP/2.0")))
}
