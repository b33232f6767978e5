package main

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// logged is what a logger writes, without the time.
func logged(t *testing.T, flags logFlags, use func(log func(message string, args ...any), flush func())) []string {
	t.Helper()
	var text bytes.Buffer
	logger, flush := flags.logger(&text)
	use(logger.With("pipeline", "p").Error, flush)
	var lines []string
	for line := range strings.Lines(text.String()) {
		_, rest, _ := strings.Cut(line, "level=")
		lines = append(lines, strings.TrimSpace(rest))
	}
	return lines
}

func TestRepeatedFailuresAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lines := logged(t, logFlags{LogLevel: "info", LogFormat: "text"}, func(log func(string, ...any), flush func()) {
			for i := range 4217 {
				log("message failed", "stage", "a", "code", 200, "description", i)
			}
			log("message failed", "stage", "b", "code", 200)
			time.Sleep(repeatsTime + time.Second) // of the bubble's clock: the count is told
			synctest.Wait()
			for range repeatsShown + 1 {
				log("message failed", "stage", "a", "code", 200)
			}
			flush()
			flush()
		})
		want := []string{
			`ERROR msg="message failed" pipeline=p stage=a code=200 description=0`,
			`ERROR msg="message failed" pipeline=p stage=a code=200 description=1`,
			`ERROR msg="message failed" pipeline=p stage=a code=200 description=2`,
			`ERROR msg="message failed" pipeline=p stage=a code=200 description=3`,
			`ERROR msg="message failed" pipeline=p stage=a code=200 description=4`,
			`ERROR msg="message failed" pipeline=p stage=b code=200`,
			`ERROR msg="message failed (and 4,211 more)" pipeline=p stage=a code=200 description=4216`,
		}
		for range repeatsShown + 1 {
			want = append(want, `ERROR msg="message failed" pipeline=p stage=a code=200`)
		}
		if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
			t.Errorf("got:\n%s\nwant:\n%s", got, strings.Join(want, "\n"))
		}
	})
}

func TestDebugShowsEverything(t *testing.T) {
	lines := logged(t, logFlags{LogLevel: "debug", LogFormat: "text"}, func(log func(string, ...any), flush func()) {
		for range 50 {
			log("message failed")
		}
		flush()
	})
	if len(lines) != 50 {
		t.Errorf("%d lines", len(lines))
	}
}

func TestInformationIsNotCounted(t *testing.T) {
	var text bytes.Buffer
	logger, flush := (&logFlags{LogLevel: "info", LogFormat: "json"}).logger(&text)
	for range 50 {
		logger.WithGroup("g").Info("x")
	}
	logger.Debug("hidden")
	flush()
	if n := strings.Count(text.String(), `"msg":"x"`); n != 50 || strings.Contains(text.String(), "hidden") {
		t.Errorf("%d lines:\n%s", n, text.String())
	}
}
