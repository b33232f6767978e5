package engine

import (
	"slices"
	"testing"

	"github.com/gopiper/gopiper/component"
)

func TestPassesThrough(t *testing.T) {
	src, sink := newNumbers(10_000), &collector{}
	run(t, src.stage(), syncStage("pass", nothing{}.Handle), sink.stage())
	if !slices.Equal(sink.got, want(10_000)) {
		t.Errorf("got %d messages, or in another order", len(sink.got))
	}
	if len(src.outcomes) != 10_000 || src.twice > 0 {
		t.Errorf("settled %d, twice %d", len(src.outcomes), src.twice)
	}
}

func TestUndeclared(t *testing.T) {
	src, sink := newNumbers(10_000), &collector{}
	run(t, src.stage(), plainStage("pass", func(chan component.Message) component.Component { return nothing{} }), sink.stage())
	if !slices.Equal(sink.got, want(10_000)) {
		t.Errorf("got %d messages, or in another order", len(sink.got))
	}
}
