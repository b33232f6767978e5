//go:build unix

package luajit

import (
	"fmt"
	"syscall"
	"testing"
)

const accessLog = `197.132.62.223 - u1345 [01/Mar/2025:00:00:00 +0000] "PUT /search?q=go+lua82128 HTTP/1.1" 200 51929 "-" "Go-http-client/1.1"`

// The bodies are those of BenchmarkFunction in package script.
func BenchmarkFunction(b *testing.B) {
	for _, test := range []struct{ name, body string }{
		{"nothing", ``},
		{"status", `return 300`},
		{"find", `if msg.data:find('" 5', 1, true) then return 300 end`},
		{"pattern", `if msg.data:find('" 5%d%d ') then return 300 end`},
		{"attribute", `if msg.attributes.a == "x" then return 300 end`},
		{"upper", `msg.data = msg.data:upper()`},
		{"gsub", `msg.data = msg.data:gsub("HTTP/1%.1", "HTTP/2.0"):upper()`},
		{"concat", `msg.data = msg.data .. " " .. "x"`},
		{"loop", `local n, data = 0, msg.data for i = 1, #data do n = n + data:byte(i) end msg.key = n`},
		{"split", `return msg.data, msg`},
		{"error", `error("x")`},
	} {
		for _, size := range []int{256, 1} {
			b.Run(fmt.Sprintf("%s/%d", test.name, size), func(b *testing.B) {
				s := newState(b)
				f := function(b, s, "return function(msg) "+test.body+" end", Handle)
				batch := s.Batch()
				out := make([]byte, 0, 1024)
				data := make([][]byte, size) // differ, as messages do: Lua keeps equal strings once
				for i := range data {
					data[i] = []byte(fmt.Sprintf("%s %d", accessLog, i))
				}
				b.ReportAllocs()
				before := processorTime(b)
				for n := 0; n < b.N; n += size {
					batch.Reset()
					for i := range size {
						batch.Add(data[i], "", 0)
					}
					count, err := f.Call(batch)
					if err != nil || count != size {
						b.Fatal(count, err)
					}
					for i := range count {
						if data, ok := batch.Result(i).Data(); ok {
							out = append(out[:0], data...)
						}
					}
				}
				b.ReportMetric(float64(processorTime(b)-before)/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

// processorTime is what the process has used, in nanoseconds: on a machine that
// has other work it says more than the time that has passed.
func processorTime(b *testing.B) int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		b.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func BenchmarkRegistered(b *testing.B) {
	for _, test := range []struct {
		name string
		call string
		f    Func
	}{
		{"nothing", `f()`, func(*Call) error { return nil }},
		{"number", `f(i)`, func(c *Call) error { n, _ := c.Number(0); c.ReturnNumber(n); return nil }},
		{"text", `f(text)`, func(c *Call) error { t, _ := c.Bytes(0); c.ReturnBytes(t); return nil }},
		{"two", `f(text, i)`, func(c *Call) error { t, _ := c.Bytes(0); c.ReturnBytes(t); return nil }},
	} {
		b.Run(test.name, func(b *testing.B) {
			s := newState(b)
			if err := s.Register("f", test.f); err != nil {
				b.Fatal(err)
			}
			code := "local n, text = ... local f = f for i = 1, n do " + test.call + " end"
			b.ReportAllocs()
			if _, err := s.Run("b.lua", code, b.N, accessLog); err != nil {
				b.Fatal(err)
			}
		})
	}
}

func BenchmarkState(b *testing.B) {
	l, err := Open()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		s, err := l.NewState()
		if err != nil {
			b.Fatal(err)
		}
		s.Close()
	}
}
