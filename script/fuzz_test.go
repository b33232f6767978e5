package script

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/plan"
)

// FuzzLoad feeds any source: the answer is a plan or an *Error, in time. The
// functions of a plan then get a message.
func FuzzLoad(f *testing.F) {
	scripts, err := filepath.Glob("testdata/*/*.lua")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range scripts {
		source, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		if len(source) < 2000 {
			f.Add(source)
		}
	}
	f.Add([]byte(`local gopiper = require "gopiper"
gopiper.createPipeline{ gopiper.stdin{}, function(msg)
  for k, v in pairs(msg.attributes) do msg.data = msg.data:gsub("%w", k .. v) end
  local t = setmetatable({ n = 1 }, { __concat = function(a, b) return "c" end, __index = math })
  table.insert(t, 1, ("%5.2f|%-10s|%q"):format(t.floor(1.5), "x", "y")); table.sort(t)
  local co = coroutine.wrap(function(a) repeat a = coroutine.yield(a .. t) until not a end)
  co("x"); goto done; ::done:: return co("y"), { data = table.concat(t, ",") }
end, gopiper.stdout{} }`))
	options := Options{
		Directory: "testdata/files", Modules: "testdata/modules",
		Environment: func(string) (string, bool) { return "x", true },
		Print:       func(plan.Position, string) {},
		TimeLimit:   50 * time.Millisecond,
		Limits:      Limits{Time: 10 * time.Millisecond},
	}
	f.Fuzz(func(t *testing.T, source []byte) {
		hanging := time.AfterFunc(30*time.Second, func() { panic(fmt.Sprintf("it hangs on %q", source)) })
		defer hanging.Stop()
		s, err := Load(context.Background(), "fuzz.lua", source, options)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Message == "" || e.Position.File == "" {
				t.Fatalf("%T: %v", err, err)
			}
			return
		}
		for _, p := range s.Plan().Pipelines {
			for _, stage := range p.Stages {
				if stage.Function == nil {
					continue
				}
				postponed := make(chan component.Message)
				go func() {
					for range postponed {
					}
				}()
				f := stage.Function.Impl.(*Function)
				f.Create(0, 0, postponed).Handle(newFake("hello"), func(component.Report) {})
				close(postponed)
				f.Predicate(0, 0)(newFake("hello"))
				f.Key(0, 0)(newFake("hello"))
			}
		}
	})
}
