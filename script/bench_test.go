package script

import (
	"runtime"
	"testing"

	"github.com/gopiper/gopiper/component"
)

const accessLog = `197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search?q=go+lua82128 HTTP/1.1" 200 51929 "-" "Go-http-client/1.1"`

func BenchmarkFunction(b *testing.B) {
	for _, test := range []struct{ name, body string }{
		{"nothing", ``},
		{"status", `return gopiper.DROP`},
		{"find", `if msg.data:find('" 5', 1, true) then return gopiper.DROP end`},
		{"pattern", `if msg.data:find('" 5%d%d ') then return gopiper.DROP end`},
		{"attribute", `if msg.attributes.a == "x" then return gopiper.DROP end`},
		{"upper", `msg.data = msg.data:upper()`},
		{"gsub", `msg.data = msg.data:gsub("HTTP/1%.1", "HTTP/2.0"):upper()`},
		{"concat", `msg.data = msg.data .. " " .. "x"`},
		{"error", `error("x")`},
	} {
		s := load(b, withFunction(test.body))
		messages := make([]component.Message, 512)
		reports := make([]component.Report, len(messages))
		for i := range messages {
			messages[i] = &reused{StandardMessage: newFake(accessLog), data: []byte(accessLog)}
		}
		b.Run(test.name+"/batch", func(b *testing.B) {
			worker := functionOf(s, 0, 1).Create(0, 0, nil).(component.BatchHandler)
			b.ReportAllocs()
			for n := 0; n < b.N; {
				n += worker.HandleBatch(messages, reports)
			}
		})
		b.Run(test.name+"/one", func(b *testing.B) {
			worker := functionOf(s, 0, 1).Create(0, 0, nil)
			b.ReportAllocs()
			handled := func(component.Report) {}
			for b.Loop() {
				worker.Handle(messages[0], handled)
			}
		})
	}
}

const event = `{"ts":"2025-03-01T00:00:00.123Z","level":"info","seq":82128,"host":"web-3","service":"checkout","msg":"order \"4711\" accepted","http":{"method":"POST","path":"/orders","status":200,"bytes":51929,"dur_ms":12.75},"tags":["eu","canary"],"user":{"id":9007199254740993,"admin":false},"tmp":null}`

// BenchmarkJSON is what a function costs that reads and writes msg.json.
func BenchmarkJSON(b *testing.B) {
	for _, test := range []struct{ name, body string }{
		{"read", `if msg.json.level == "debug" then return gopiper.DROP end`},
		{"drop or set", `if msg.json.level == "debug" then return gopiper.DROP end; msg.json.env = "prod"`},
		{"nested", `if msg.json.http.status >= 500 then msg.json.http.bad = true end`},
		{"array", `table.insert(msg.json.tags, "x")`},
		{"pairs", `for k, v in pairs(msg.json) do end`},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := load(b, withFunction(test.body))
			messages := make([]component.Message, 512)
			reports := make([]component.Report, len(messages))
			for i := range messages {
				messages[i] = &reused{StandardMessage: newFake(event), data: []byte(event)}
			}
			worker := functionOf(s, 0, 1).Create(0, 0, nil).(component.BatchHandler)
			worker.HandleBatch(messages, reports)
			if reports[0].Status != component.Done {
				b.Fatal(reports[0])
			}
			b.SetBytes(int64(len(event)))
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; {
				n += worker.HandleBatch(messages, reports)
			}
		})
	}
}

// reused gives the same data again whatever was set, and has memory for it.
type reused struct {
	component.StandardMessage
	data, arena []byte
}

func (m *reused) GetData() []byte { return m.data }
func (m *reused) SetData([]byte)  {}
func (m *reused) Grow(n int) []byte {
	if cap(m.arena) < n {
		m.arena = make([]byte, 0, n)
	}
	return m.arena[:0]
}

func BenchmarkPredicate(b *testing.B) {
	s := load(b, withFunction(`return msg.data:find("x", 1, true)`))
	decide := functionOf(s, 0, 1).Predicate(0, 0)
	m := newFake(accessLog)
	b.ReportAllocs()
	for b.Loop() {
		decide(m)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	f := functionOf(load(b, withFunction(``)), 0, 1)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if err := f.Prepare(0, i); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkState makes the state of a worker, and tells how much memory it keeps.
func BenchmarkState(b *testing.B) {
	s := load(b, withFunction(`msg.data = msg.data:upper()`))
	for b.Loop() {
		const n = 200
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		states := make([]*state, n)
		for i := range states {
			st, err := s.evaluate(b.Context(), false)
			if err != nil {
				b.Fatal(err)
			}
			states[i] = st
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc+after.StackInuse-before.StackInuse)/n/1000, "KB/state")
		runtime.KeepAlive(states)
	}
}

// BenchmarkTables is what the functions of a table cost: handle that keeps nothing,
// handle that keeps messages until there are a hundred, and handle_batch.
func BenchmarkTables(b *testing.B) {
	for _, test := range []struct{ name, fields string }{
		{"handle", `handle = function(msg) msg.data = msg.data:upper() end`},
		{"keep", `handle = function(msg)
				kept[#kept + 1] = msg:keep()
				if #kept == 100 then gopiper.emit("x", kept); kept = {} end
			end,
			flush = function() gopiper.emit("x", kept); kept = {} end`},
		{"handle_batch", `handle_batch = function(list) for i = 1, #list do list[i].data = list[i].data:upper() end end`},
	} {
		for _, engine := range engines {
			b.Run(test.name+"/"+engine.name, func(b *testing.B) {
				s := load(b, "local gopiper = require 'gopiper'\nlocal kept = {}\ngopiper.createPipeline{ gopiper.stdin{}, {"+test.fields+"}, gopiper.stdout{} }", engine.set)
				postponed := make(chan component.Message, 1000)
				worker := functionOf(s, 0, 1).Create(0, 0, postponed).(component.BatchHandler)
				messages := make([]component.Message, 512)
				reports := make([]component.Report, len(messages))
				for i := range messages {
					messages[i] = &reused{StandardMessage: newFake(accessLog), data: []byte(accessLog)}
				}
				b.ReportAllocs()
				for n := 0; n < b.N; {
					n += worker.HandleBatch(messages, reports)
					for len(postponed) > 0 {
						<-postponed
					}
				}
			})
		}
	}
}
