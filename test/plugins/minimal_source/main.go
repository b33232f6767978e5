// The least that a source can be, with messages of a type of its own: it sends
// them on postponed and learns in Release how each of them ended.
//
// Its attributes, which nobody checks, are amount, how many messages it sends
// (3), and outcomes, a file that it writes when the last one has ended:
// "3 released, 1 failed".
package main

import (
	"fmt"
	"os"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
)

// NewFactory is what gopiper looks up.
func NewFactory(attributes map[string]any) (component.Factory, error) {
	f := &factory{amount: 3}
	if n, ok := attributes["amount"].(float64); ok {
		f.amount = int64(n)
	}
	f.outcomes, _ = attributes["outcomes"].(string)
	return f, nil
}

type factory struct {
	amount           int64
	outcomes         string
	released, failed atomic.Int64
}

func (f *factory) Amount() int { return 1 }

func (f *factory) Create(postponed chan component.Message) component.Component {
	go func() {
		defer close(postponed)
		for i := range f.amount {
			postponed <- &message{data: fmt.Appendf(nil, "message %d", i+1), from: f}
		}
	}()
	return worker{}
}

func (f *factory) ended(outcome component.Report) {
	if outcome.Class() == component.ClassFail {
		f.failed.Add(1)
	}
	// After the last one, so that one Release too many shows too.
	if n := f.released.Add(1); n >= f.amount && f.outcomes != "" {
		text := fmt.Sprintf("%d released, %d failed\n", n, f.failed.Load())
		if err := os.WriteFile(f.outcomes, []byte(text), 0o600); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}

type worker struct{}

// Handle is never called: nothing comes before a source.
func (worker) Handle(_ component.Message, handled component.HandledCallback) {
	handled(component.Report{Status: component.Fail, Description: "a source handles nothing"})
}

type message struct {
	data   []byte
	status component.Report
	from   *factory
}

func (m *message) SetData(data []byte)       { m.data = data }
func (m *message) GetData() []byte           { return m.data }
func (m *message) Status() *component.Report { return &m.status }
func (m *message) Release()                  { m.from.ended(m.status) }

func main() {}
