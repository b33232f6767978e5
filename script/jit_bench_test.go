package script

import (
	"fmt"
	"io"
	"testing"

	"github.com/gopiper/gopiper/component"
)

// What a call of the standard library costs on each engine, without what calling
// the function does: a function makes many calls.
func BenchmarkStandardCall(b *testing.B) {
	logTo(b, io.Discard)
	const calls = 1000
	for _, test := range []struct{ name, call string }{
		{"hex.encode", `local _ = gopiper.hex.encode("0123456789abcdef")`},
		{"hash.crc32", `local _ = gopiper.hash.crc32("0123456789abcdef")`},
		{"ip.is_private", `local _ = gopiper.ip.is_private("192.168.1.7")`},
		{"url.escape", `local _ = gopiper.url.escape("a b&c")`},
		{"base64.encode", `local _ = gopiper.base64.encode("0123456789abcdef")`},
		{"time.format", `local _ = gopiper.time.format(1767225600 + i, "%F")`},
		{"template", `local _ = gopiper.template("${a}", { a = "x" })`},
		{"kv.parse", `local _ = gopiper.kv.parse("a=1 b=2")`},
		{"counter:add", `seen:add()`},
		{"gauge:set", `size:set(i)`},
	} {
		for _, engine := range engines {
			b.Run(test.name+"/"+engine.name, func(b *testing.B) {
				body := fmt.Sprintf(`kept = kept or { gopiper.counter("seen"), gopiper.gauge("size") }
local seen, size = kept[1], kept[2]
for i = 1, %d do %s end`, calls, test.call)
				c := functionOf(load(b, withFunction(body), engine.set), 0, 1).Create(0, 0, nil).(component.BatchHandler)
				messages, reports := []component.Message{newFake("")}, make([]component.Report, 1)
				b.ReportAllocs()
				for n := 0; n < b.N; n += calls {
					if c.HandleBatch(messages, reports); reports[0].Status != 0 {
						b.Fatal(reports[0])
					}
				}
			})
		}
	}
}
