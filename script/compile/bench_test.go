package compile

import (
	"fmt"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// The functions that the speed is measured by.
const (
	lineBody  = `msg.data = string.upper((string.gsub(msg.data, "HTTP/1%.1", "HTTP/2.0")))`
	eventBody = `if msg.json.level == "debug" then return 300 end msg.json.env = "prod"`
)

// reused is a message with memory of its own, as the engine's are.
type reused struct {
	component.StandardMessage
	original, data, memory []byte
}

func (m *reused) GetData() []byte     { return m.data }
func (m *reused) SetData(data []byte) { m.data = data }
func (m *reused) Grow(n int) []byte {
	if cap(m.memory) < n {
		m.memory = make([]byte, 0, 2*n)
	}
	return m.memory
}

func reusable(data string) *reused {
	return &reused{StandardMessage: component.NewMessage(nil), original: []byte(data), data: []byte(data)}
}

// accessLines are lines as a web server writes them, 122 bytes on average.
func accessLines() (list []*reused) {
	for i := range 64 {
		list = append(list, reusable(fmt.Sprintf(
			`%d.%d.%d.%d - u%d [01/Mar/2025:00:00:%02d +0000] "GET /api/v1/items/%d HTTP/1.1" 200 %d "-" "Mozilla/5.0 (X11; Linux x86_64)"`,
			1+i*3, i*7%256, i*11%256, 1+i, i*77, i%60, i*1511, i*997)))
	}
	return list
}

// events are JSON objects of about 290 bytes, three of ten of the level debug.
func events() (list []*reused) {
	levels := []string{"debug", "info", "info", "debug", "warn", "info", "debug", "error", "info", "info"}
	texts := []string{`request served`, `upstream said \"no\"`, `caf\u00e9 order accepted`}
	for i := range 60 {
		list = append(list, reusable(fmt.Sprintf(
			`{"ts":"2025-03-01T00:00:%02d.%03dZ","level":"%s","seq":%d,"host":"web-%d","service":"checkout","msg":"%s",`+
				`"http":{"method":"GET","path":"/api/v1/items/%d","status":200,"bytes":%d,"dur_ms":%d.5},`+
				`"tags":["eu","canary"],"user":{"id":"u%d","admin":false},"tmp":null}`,
			i, i*3, levels[i%10], i, i, texts[i%3], i*1511, i*997, i*13, i*501)))
	}
	return list
}

func runnerOf(t testing.TB, body string) *Runner {
	function, reason := (&sample{body: body}).compiled(t, Handler)
	if reason != nil {
		t.Fatal(reason)
	}
	return function.NewRunner(Options{})
}

func benchmark(b *testing.B, body string, messages []*reused) {
	r := runnerOf(b, body)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		m := messages[i]
		m.data = m.original
		if _, err := r.Handle(m); err != nil {
			b.Fatal(err)
		}
		if i++; i == len(messages) {
			i = 0
		}
	}
}

func BenchmarkW4i(b *testing.B)  { benchmark(b, lineBody, accessLines()) }
func BenchmarkW4ii(b *testing.B) { benchmark(b, eventBody, events()) }

// TestAllocations holds that functions allocate nothing once they have run for
// every message.
func TestAllocations(t *testing.T) {
	for _, c := range []struct {
		body     string
		messages []*reused
	}{
		{lineBody, accessLines()},
		{eventBody, events()},
		{`local a, b = string.match(msg.data, '"(%u+) (%S+)') msg.data = a .. " " .. b .. " " .. #msg.data`, accessLines()},
		{`msg.data = string.format("%5.2f %d %s %-9s|", #msg.data / 3, #msg.data, msg.data, msg.data:sub(1, 5))`, accessLines()},
		{`local n = 0 for i = 1, #msg.data do if msg.data:byte(i) == 47 then n = n + 1 end end msg.data = n`, accessLines()},
		{`local h = msg.json.http h.status = h.status + 1 h.path = nil msg.json.user.id = tostring(msg.json.seq)`, events()},
		{`msg.json.msg = msg.json.msg:reverse():lower():rep(2)`, events()},
		{`if msg.json.level ~= "debug" then msg.key = msg.json.level return 200, "the level " .. msg.json.level end`, events()},
	} {
		r := runnerOf(t, c.body)
		all := func() {
			for _, m := range c.messages {
				m.data = m.original
				if _, err := r.Handle(m); err != nil {
					t.Fatalf("%s: %v", c.body, err)
				}
			}
		}
		all()
		if n := testing.AllocsPerRun(10, all); n > 0 {
			t.Errorf("%s: %v allocations for %d messages", c.body, n, len(c.messages))
		}
	}
}
