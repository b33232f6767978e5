package componenttest

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gopiper/gopiper/component"
)

// runOutput takes what a Runner emits. The batches are settled in three ways in
// turn: while Emit runs, by another goroutine at once, and later than the one
// behind it. Then they are reused, and their memory is overwritten.
type runOutput struct {
	a     *account
	limit int // messages after which Emit blocks until stop; 0 for none

	using    atomic.Int32 // calls at the moment
	stopping chan struct{}
	stopOnce sync.Once
	settling sync.WaitGroup

	mu      sync.Mutex
	turn    int
	refused bool // Emit has returned false
	free    []*component.Batch
	pending *emitted // to be settled after the one behind it
	outputs []output
}

// emitted is a batch that waits to be settled.
type emitted struct {
	batch    *component.Batch
	data     [][]byte      // copies
	overtook chan struct{} // closed when a later batch is settled
}

func newRunOutput(a *account) *runOutput {
	return &runOutput{a: a, stopping: make(chan struct{})}
}

// stop makes Emit return false. It may be called from any goroutine.
func (o *runOutput) stop() { o.stopOnce.Do(func() { close(o.stopping) }) }

func (o *runOutput) stopped() bool {
	select {
	case <-o.stopping:
		return true
	default:
		return false
	}
}

// count is how many messages were emitted. It may be called from any goroutine.
func (o *runOutput) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.outputs)
}

// use notes two uses at a time.
func (o *runOutput) use() (over func()) {
	if o.using.Add(1) > 1 {
		o.a.note("run_batches", "Batch or Emit was called by two goroutines at the same time%s", caller())
	}
	return func() { o.using.Add(-1) }
}

// Batch implements component.Output.
func (o *runOutput) Batch() *component.Batch {
	defer o.use()()
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.free) == 0 {
		return &component.Batch{}
	}
	b := o.free[0]
	o.free = o.free[1:]
	o.lookAtFree(b)
	return b
}

// lookAtFree notes that a batch was used after it had been settled.
func (o *runOutput) lookAtFree(b *component.Batch) {
	if b.Len() > 0 || len(b.Buffer) > 0 || !clean(b.Buffer[:cap(b.Buffer)]) {
		o.a.note("run_batches", "a batch was used after it had been settled")
		b.Reset()
	}
}

// Emit implements component.Output.
func (o *runOutput) Emit(b *component.Batch) bool {
	defer o.use()()
	if o.stopped() {
		return o.refuse()
	}
	o.take(b)
	if o.limit > 0 && o.count() >= o.limit {
		<-o.stopping // the pipeline is full; the batch was taken
	}
	return true
}

func (o *runOutput) refuse() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refused {
		o.a.note("run_stops", "Emit was called again after it had returned false%s", caller())
	}
	o.refused = true
	return false
}

func (o *runOutput) take(b *component.Batch) {
	e, outputs := o.read(b)
	o.mu.Lock()
	o.outputs = append(o.outputs, outputs...)
	o.turn++
	turn, pending := o.turn, o.pending
	o.pending = nil
	if turn%3 == 0 {
		o.pending = e
	}
	o.mu.Unlock()
	switch turn % 3 {
	case 0:
		o.settling.Go(func() { o.settleLater(e) })
	case 1:
		o.settle(e)
	case 2:
		o.settling.Go(func() { o.settle(e) })
	}
	if pending != nil {
		close(pending.overtook)
	}
}

// settleLater settles a batch after a later one, or when none comes: the source
// may wait for that.
func (o *runOutput) settleLater(e *emitted) {
	moment := time.NewTimer(5 * time.Millisecond)
	defer moment.Stop()
	select {
	case <-e.overtook:
	case <-moment.C:
	}
	o.settle(e)
}

// read copies what is in a batch, and notes what does not belong there.
func (o *runOutput) read(b *component.Batch) (*emitted, []output) {
	e := &emitted{batch: b, overtook: make(chan struct{})}
	metas := b.Metas()
	var outputs []output
	for i := range b.Len() {
		data, err := dataOf(b, i)
		if err != nil {
			o.a.note("run_batches", "message %d of a batch %v", i+1, err)
		}
		e.data = append(e.data, bytes.Clone(data))
		t := meta{attributes: map[string]string{}}
		if i < len(metas) {
			t.key, t.timestamp = metas[i].Key, metas[i].Timestamp
			pairs := metas[i].Attributes
			if len(pairs)%2 != 0 {
				o.a.note("run_batches", "message %d of a batch has the attributes %q, a name without a value", i+1, pairs)
			}
			for ; len(pairs) > 1; pairs = pairs[2:] {
				t.attributes[pairs[0]] = pairs[1]
			}
		}
		outputs = append(outputs, output{data: string(data), meta: t.text()})
	}
	for i, report := range b.Failures {
		if i < 0 {
			o.a.note("run_batches", "SetFailed was called before Add")
			continue
		}
		outputs[i].failed = true
		if report.Class() != component.ClassFail {
			o.a.note("run_batches", "message %d of a batch is set as failed with the status %d, which is no Fail", i+1, report.Status)
		}
	}
	return e, outputs
}

// dataOf returns a message's data, or an error if it lies outside of the buffer.
func dataOf(b *component.Batch, i int) (data []byte, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("does not lie in its Buffer: %v", reason)
		}
	}()
	data = b.Data(i)
	if behind := b.Buffer[len(b.Buffer):cap(b.Buffer)]; overlap(data, behind) {
		err = fmt.Errorf("lies behind the end of its Buffer, of %d bytes", len(b.Buffer))
	}
	return data, err
}

// settle tells the source that a batch is settled: the first message as failed.
func (o *runOutput) settle(e *emitted) {
	b := e.batch
	if b.Len() != len(e.data) {
		o.a.note("run_batches", "a batch was used after it had been emitted")
	}
	for i := range min(b.Len(), len(e.data)) {
		if data, _ := dataOf(b, i); !bytes.Equal(data, e.data[i]) {
			o.a.note("run_batches", "a message, %s, was changed to %s after it had been emitted", short(e.data[i]), short(data))
		}
	}
	if b.Len() > 0 {
		b.SetOutcome(0, component.Report{Status: component.Fail, Description: "tried"})
	}
	if b.OnSettled != nil && !o.tell(b) {
		return // it still has the batch
	}
	b.Reset()
	fill(b.Buffer[:cap(b.Buffer)], poison)
	o.mu.Lock()
	o.free = append(o.free, b)
	o.mu.Unlock()
}

// tell calls OnSettled and tells whether it has returned.
func (o *runOutput) tell(b *component.Batch) bool {
	done := make(chan any, 1)
	go func() {
		defer func() { done <- recover() }()
		b.OnSettled(b)
	}()
	patience := o.a.s.Patience / 2 // that of who waits for Run is not over then
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case reason := <-done:
		if reason != nil {
			o.a.note("run_settled", "OnSettled panicked: %v", reason)
		}
		return true
	case <-late.C:
		o.a.note("run_settled", "OnSettled has not returned within %v", patience)
		return false
	}
}

// end waits until all is settled and gives the account what was emitted.
func (o *runOutput) end() {
	o.settling.Wait()
	for _, b := range o.free {
		o.lookAtFree(b)
	}
	o.a.emitted = o.outputs
}
