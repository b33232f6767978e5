package observe

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"math"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"
	"go.uber.org/goleak"

	"github.com/gopiper/gopiper/engine"
)

var update = flag.Bool("update", false, "write the golden files and docs/metrics.md")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// golden compares with a file.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", path, got)
	}
}

func sample() []engine.Stats {
	busy := engine.StageStats{
		Stage: "json_2", Component: "json", Workers: 4, Received: 1_234_567, Done: 1_200_000, Continued: 1, Retried: 2,
		Failed: 3, Dropped: 34_563, Emitted: 4, Bytes: 5 << 30, Batches: 2500, Doubled: 5, Panics: 6, Timeouts: 7,
		Stalled: 8, Kept: 9, Queued: 10, Queue: 11, Wedged: 12, Busy: 6 * time.Second,
	}
	busy.Handling[0], busy.Handling[3], busy.Handling[15] = 90, 9, 1
	busy.HandlingSum = 12 * time.Second
	return []engine.Stats{
		{Pipeline: "errors", State: "ended", Originated: 1_234_570, Settled: 1_234_567, Failed: 3, Unhandled: 2, Quarantined: 1,
			InFlight: 3, InFlightBytes: 4096, Latency: [16]uint64{9: 2}, LatencySum: 150 * time.Microsecond,
			Stages: []engine.StageStats{{Stage: "stdin", Component: "stdin", Workers: 1, Emitted: 1_234_570, Bytes: 999}, busy}},
		{Pipeline: "idle", State: "running", NotReady: []string{"the disk is full"}, Stages: []engine.StageStats{
			{Stage: "wal", Component: "buffer", Workers: 1, Buffered: 1000, BufferedBytes: 2 << 20, BufferMax: 1 << 30},
		}},
	}
}

func TestDocumentListsEveryMetric(t *testing.T) {
	var text strings.Builder
	table := func(title, labels string, rows func(row func(name, kind, help string))) {
		fmt.Fprintf(&text, "\n## %s\n\nLabels: %s.\n\n| Metric | Type | Meaning |\n|---|---|---|\n", title, labels)
		rows(func(name, kind, help string) { fmt.Fprintf(&text, "| `%s` | %s | %s |\n", name, kind, help) })
	}
	kind := map[bool]string{true: "counter", false: "gauge"}
	table("Of every stage", "`pipeline`, `stage`, `component`", func(row func(name, kind, help string)) {
		for _, m := range stageMetrics {
			row(m.name, kind[m.counter], m.help)
		}
		row(handlingName, "histogram", handlingHelp)
	})
	table("Of every pipeline", "`pipeline`", func(row func(name, kind, help string)) {
		for _, m := range pipelineMetrics {
			row(m.name, kind[m.counter], m.help)
		}
		row(latencyName, "histogram", latencyHelp)
		row(stateName, "gauge, also labelled `state`", stateHelp)
	})
	table("Of the process", "`version`, `go_version`", func(row func(name, kind, help string)) {
		row(buildName, "gauge", buildHelp)
	})
	const path, mark = "../docs/metrics.md", "<!-- The tables below are generated: go test ./observe -update -->\n"
	document, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	prose, _, found := strings.Cut(string(document), mark)
	if !found {
		t.Fatalf("%s has no line %s", path, mark)
	}
	golden(t, path, prose+mark+text.String())
}

// TestExposition finds a metric that is described and not
// collected, or the reverse, and names that Prometheus finds wrong.
func TestExposition(t *testing.T) {
	c := NewCollector("1.2.3", sample)
	problems, err := testutil.CollectAndLint(c)
	if err != nil || len(problems) > 0 {
		t.Errorf("%v %v", problems, err)
	}
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(c)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
	}
	var lines []string
	for line := range strings.Lines(text.String()) {
		if !strings.HasPrefix(line, "gopiper_build_info") { // has the version of Go
			lines = append(lines, line)
		}
	}
	golden(t, "testdata/metrics.txt", strings.Join(lines, ""))
}

func TestTable(t *testing.T) {
	var text bytes.Buffer
	if err := WriteTable(&text, sample(), 2100*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/table.txt", text.String())
	text.Reset()
	if err := WriteTable(&text, []engine.Stats{{Pipeline: "p"}}, 0); err != nil || strings.Contains(text.String(), "NaN") {
		t.Errorf("nothing has happened yet: %v\n%s", err, text.String())
	}
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct{ got, want string }{
		{Count(0), "0"}, {Count(999), "999"}, {Count(4211), "4,211"}, {Count(math.MaxUint64), "18,446,744,073,709,551,615"},
		{Bytes(1023), "1023 B"}, {Bytes(1024), "1.0 KiB"}, {Bytes(64 << 20), "64.0 MiB"}, {Bytes(math.MaxUint64), "16.0 EiB"},
		{rate(0), "0.00"}, {rate(9.99), "9.99"}, {rate(9.999), "10.0"}, {rate(999.4), "999"}, {rate(999.6), "1.00 k"},
		{rate(1.25e6), "1.25 M"}, {rate(4.2e13), "42000 G"},
		{Elapsed(0), "0s"}, {Elapsed(1234567), "1.23ms"}, {Elapsed(83 * time.Second), "1m23s"}, {Elapsed(999), "999ns"},
	} {
		if test.got != test.want {
			t.Errorf("got %s, want %s", test.got, test.want)
		}
	}
}

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	return response.StatusCode, string(body)
}

func TestServer(t *testing.T) {
	state, reasons := "starting", []string(nil)
	s, err := Listen("127.0.0.1:0", "1.2.3", func() []engine.Stats { return []engine.Stats{{Pipeline: "p", State: state, NotReady: reasons}} })
	if err != nil {
		t.Fatal(err)
	}
	base := "http://" + s.Address()
	if code, body := get(t, base+"/live"); code != 200 || body != "ok\n" {
		t.Errorf("/live: %d %q", code, body)
	}
	for _, test := range []struct {
		state string
		code  int
	}{{"starting", 503}, {"running", 200}, {"draining", 503}, {"ended", 200}, {"failed", 503}} {
		state = test.state
		if code, body := get(t, base+"/ready"); code != test.code || body != "p: "+state+"\n" {
			t.Errorf("/ready: %d %q", code, body)
		}
	}
	state, reasons = "running", []string{"json is wedged", "the disk is full"}
	if code, body := get(t, base+"/ready"); code != 503 || body != "p: running\np: not ready: json is wedged\np: not ready: the disk is full\n" {
		t.Errorf("/ready: %d %q", code, body)
	}
	state, reasons = "failed", nil
	code, body := get(t, base+"/metrics")
	for _, want := range []string{`gopiper_pipeline_state{pipeline="p",state="failed"} 1`, "go_goroutines", "gopiper_build_info"} {
		if code != 200 || !strings.Contains(body, want) {
			t.Errorf("/metrics (%d) has no %s", code, want)
		}
	}
	if _, err := Listen(s.Address(), "", nil); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second server on one address: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func TestListenOnLoopbackOnly(t *testing.T) {
	for _, test := range []struct{ address, want string }{
		{":9100", "is not on loopback, and serving others needs TLS and a token"},
		{"0.0.0.0:9100", "is not on loopback"},
		{"[::]:9100", "is not on loopback"},
		{"192.0.2.1:9100", "is not on loopback"},
		{"9100", "is not host:port; write for example 127.0.0.1:9100"},
		{"", "is not host:port"},
		{"127.0.0.1:http-and-more", "metrics address"},
	} {
		if _, err := Listen(test.address, "", nil); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v", test.address, err)
		}
	}
}
