package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/gopiper/gopiper/observe"
)

// logFlags are the flags of commands that log.
type logFlags struct {
	LogLevel  string `enum:"debug,info,warn,error" default:"info" help:"Least level that is logged: debug, info, warn or error."`
	LogFormat string `enum:"text,json" default:"text" help:"How it is logged: text or json."`
}

// logger makes the logger, and what must be called at the end: it says what is
// left to say.
func (f *logFlags) logger(w io.Writer) (*slog.Logger, func()) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(f.LogLevel)); err != nil {
		level = slog.LevelInfo
	}
	options := &slog.HandlerOptions{Level: level}
	var handler slog.Handler = slog.NewTextHandler(w, options)
	if f.LogFormat == "json" {
		handler = slog.NewJSONHandler(w, options)
	}
	if level <= slog.LevelDebug {
		return slog.New(handler), func() {}
	}
	l := &limiter{next: handler, repeats: &repeats{seen: make(map[string]*repeat)}}
	return slog.New(l), l.repeats.flush
}

// The first so many warnings and errors that tell of the same thing are logged,
// the others of that time are counted.
const (
	repeatsShown = 5
	repeatsTime  = 10 * time.Second
)

// limiter keeps a failure that repeats for every message from flooding the log.
type limiter struct {
	next    slog.Handler
	prefix  string // what With added, as far as it tells things apart
	repeats *repeats
}

// repeats is shared by the loggers that are made from one.
type repeats struct {
	mu   sync.Mutex
	seen map[string]*repeat
}

// repeat is one thing that was logged.
type repeat struct {
	shown, hidden uint64
	last          slog.Record // of the hidden ones
	handler       slog.Handler
	timer         *time.Timer
}

// distinct are the attributes that tell things apart. Others, such as a
// description or a time, differ for every message.
func distinct(a slog.Attr) string {
	switch a.Key {
	case "pipeline", "stage", "component", "code", "problem":
		return a.Key + "=" + a.Value.String() + " "
	}
	return ""
}

// Enabled implements slog.Handler.
func (l *limiter) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// WithAttrs implements slog.Handler.
func (l *limiter) WithAttrs(attrs []slog.Attr) slog.Handler {
	prefix := l.prefix
	for _, a := range attrs {
		prefix += distinct(a)
	}
	return &limiter{l.next.WithAttrs(attrs), prefix, l.repeats}
}

// WithGroup implements slog.Handler.
func (l *limiter) WithGroup(name string) slog.Handler {
	return &limiter{l.next.WithGroup(name), l.prefix, l.repeats}
}

// Handle implements slog.Handler.
func (l *limiter) Handle(ctx context.Context, r slog.Record) error {
	if r.Level < slog.LevelWarn || !l.repeats.hide(l, r) {
		return l.next.Handle(ctx, r)
	}
	return nil
}

// hide tells whether the record is only to be counted.
func (p *repeats) hide(l *limiter, r slog.Record) bool {
	var key strings.Builder
	key.WriteString(l.prefix)
	key.WriteString(r.Message)
	r.Attrs(func(a slog.Attr) bool {
		key.WriteString(distinct(a))
		return true
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	k := key.String()
	one := p.seen[k]
	if one == nil {
		one = &repeat{}
		one.timer = time.AfterFunc(repeatsTime, func() { p.end(k) })
		p.seen[k] = one
	}
	if one.shown < repeatsShown {
		one.shown++
		return false
	}
	one.hidden++
	one.last, one.handler = r, l.next
	return true
}

// end tells how many were hidden of one thing, and forgets it.
func (p *repeats) end(key string) {
	p.mu.Lock()
	one := p.seen[key]
	delete(p.seen, key)
	p.mu.Unlock()
	if one == nil {
		return
	}
	one.timer.Stop()
	if one.hidden > 0 {
		r := one.last.Clone()
		r.Message = fmt.Sprintf("%s (and %s more)", r.Message, observe.Count(one.hidden-1))
		if one.hidden == 1 {
			r.Message = one.last.Message
		}
		_ = one.handler.Handle(context.Background(), r)
	}
}

// flush ends all.
func (p *repeats) flush() {
	p.mu.Lock()
	keys := make([]string, 0, len(p.seen))
	for key := range p.seen {
		keys = append(keys, key)
	}
	p.mu.Unlock()
	for _, key := range keys {
		p.end(key)
	}
}
