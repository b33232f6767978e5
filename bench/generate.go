package main

import (
	"bufio"
	"fmt"
	"io"
	"math/bits"
	"strconv"
)

// A generator writes n messages, one a line, always the same ones: what it
// writes for a smaller n is a prefix of what it writes for a larger one.
type generator func(w io.Writer, n int) error

// random is splitmix64: the data must not change with the version of Go.
type random struct{ state uint64 }

func (r *random) next() uint64 {
	r.state += 0x9e3779b97f4a7c15
	z := r.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 up to n.
func (r *random) below(n int) int {
	high, _ := bits.Mul64(r.next(), uint64(n))
	return int(high)
}

func pick[T any](r *random, from []T) T { return from[r.below(len(from))] }

var (
	methods = []string{"GET", "GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE", "HEAD"}
	paths   = []string{
		"/search?q=go+lua", "/api/v1/users/", "/static/js/app.", "/index.html?id=", "/products/", "/img/",
		"/cart/", "/api/v2/orders/", "/blog/2025/03/",
	}
	agents = []string{
		"Go-http-client/1.1", "curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0", "python-requests/2.31.0",
		"kube-probe/1.29", "okhttp/4.12.0",
	}
	wellStatuses = []int{200, 200, 200, 200, 200, 200, 200, 204, 301, 302, 304, 400, 401, 403, 404, 404}
	badStatuses  = []int{500, 500, 502, 503, 503, 504}
)

// status draws a status, in one of ten cases a 5xx.
func (r *random) status() int {
	if r.below(10) == 0 {
		return pick(r, badStatuses)
	}
	return pick(r, wellStatuses)
}

// writeLines writes access-log lines of 122 bytes on average, the newline
// included.
func writeLines(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	r := &random{state: 1}
	var line []byte
	for i := range n {
		second := i / 200 % 86400
		line = fmt.Appendf(line[:0], "%d.%d.%d.%d - u%d [01/Mar/2025:%02d:%02d:%02d +0000] \"",
			1+r.below(223), r.below(256), r.below(256), 1+r.below(254), r.below(5000),
			second/3600, second/60%60, second%60)
		line = append(line, pick(r, methods)...)
		line = append(line, ' ')
		line = append(line, pick(r, paths)...)
		line = strconv.AppendInt(line, int64(r.below(100_000)), 10)
		line = append(line, " HTTP/1.1\" "...)
		line = strconv.AppendInt(line, int64(r.status()), 10)
		line = append(line, ' ')
		line = strconv.AppendInt(line, int64(r.below(100_000)), 10)
		line = append(line, " \"-\" \""...)
		line = append(line, pick(r, agents)...)
		line = append(line, "\"\n"...)
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}

var (
	levels   = []string{"debug", "debug", "debug", "info", "info", "info", "info", "info", "warn", "error"}
	services = []string{"checkout", "search", "identity", "billing", "gateway"}
	texts    = []string{
		`request served`, `cache miss`, `upstream said \"no\"`,
		`path C:\\data\\in not found`, `slow query\nSELECT * FROM orders`, `caf\u00e9 order accepted`, `token refreshed`,
	}
	tags = []string{"eu", "canary", "blue", "green", "beta", "v2", "internal"}
)

// writeEvents writes JSON objects of 293 bytes on average, the newline
// included: nested, some strings with escapes, three of ten with the level
// debug.
func writeEvents(w io.Writer, n int) error {
	out := bufio.NewWriterSize(w, 1<<20)
	r := &random{state: 2}
	var line []byte
	for i := range n {
		ms := i * 3
		line = fmt.Appendf(line[:0], `{"ts":"2025-03-%02dT%02d:%02d:%02d.%03dZ","level":"%s","seq":%d,"host":"web-%d","service":"%s","msg":"%s",`,
			1+ms/86_400_000%28, ms/3_600_000%24, ms/60_000%60, ms/1000%60, ms%1000,
			pick(r, levels), i, r.below(64), pick(r, services), pick(r, texts))
		line = fmt.Appendf(line, `"http":{"method":"%s","path":"%s%d","status":%d,"bytes":%d,"dur_ms":%d.%d},`,
			pick(r, methods), pick(r, paths), r.below(100_000), r.status(), r.below(100_000),
			r.below(900), 1+r.below(9))
		line = fmt.Appendf(line, `"tags":["%s","%s"],"user":{"id":"u%d","admin":%t},"tmp":null}`,
			pick(r, tags), pick(r, tags), r.below(100_000), r.below(20) == 0)
		line = append(line, '\n')
		if _, err := out.Write(line); err != nil {
			return err
		}
	}
	return out.Flush()
}
