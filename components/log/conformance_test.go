package log_test

import (
	"log/slog"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/components/log"
	"github.com/gopiper/gopiper/componenttest"
)

func TestConformance(t *testing.T) {
	before := slog.Default()
	t.Cleanup(func() { slog.SetDefault(before) })
	slog.SetDefault(slog.New(slog.DiscardHandler))
	for name, suite := range map[string]componenttest.Suite{
		"processor": {Role: component.Processor},
		"sink":      {Role: component.Sink, Attributes: map[string]any{"every": 3, "max_data": 10}},
	} {
		t.Run(name, func(t *testing.T) {
			suite.Declaration, suite.New = &log.Declaration, log.NewFactory
			componenttest.Run(t, suite)
		})
	}
}
