package engine

import (
	"hash/maphash"
	"sync"
	"sync/atomic"

	"github.com/gopiper/gopiper/component"
)

// output is where a worker or source hands its batches.
type output interface {
	// join announces one more producer, before the run.
	join()
	// put takes the batch over. It blocks while there is no room.
	put(b *batch)
	// end says that one producer puts nothing more.
	end()
}

// sink is behind the last stage: what arrives is delivered.
type sink struct{}

func (sink) join()        {}
func (sink) put(b *batch) { b.end() }
func (sink) end()         {}

// nowhere is behind the last stage if that is not a sink: a switch none of
// whose cases took the message.
type nowhere struct {
	p     *Pipeline
	stage *stage
}

func (n *nowhere) put(b *batch) {
	for i := range b.live {
		m := b.at(i)
		m.more().status = component.Report{Status: StatusNoSink, Description: "no case of the switch took it and no stage follows"}
	}
	if len(b.live) > 0 {
		n.stage.lost.Add(uint64(len(b.live)))
		n.p.fail(n.stage, b.live)
	}
	b.retire()
}

func (n *nowhere) join() {}
func (n *nowhere) end()  {}

// queue is the channel in front of a segment. Several producers may put.
type queue struct {
	p         *Pipeline
	c         chan *batch
	producers atomic.Int32
}

// queueLength is how many batches wait between two segments at most. The bound on
// what is in flight mostly comes first. Two goroutines that hand batches to each
// other through a short queue spend their time on waking each other.
const queueLength = 64

func (q *queue) put(b *batch) {
	select {
	case q.c <- b:
	default:
		select {
		case q.c <- b:
		case <-q.p.aborted:
		}
	}
}

func (q *queue) join() { q.producers.Add(1) }

func (q *queue) end() {
	if q.producers.Add(-1) == 0 {
		close(q.c)
	}
}

// keyed hands every message to the worker that its key belongs to. It is put by
// one producer at a time.
type keyed struct {
	p       *Pipeline
	stage   *stage
	key     KeyFunc
	workers []*queue
	seed    maphash.Seed
	mu      sync.Mutex
	parts   [][]component.Message
}

func (k *keyed) put(b *batch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var failed []component.Message
	for _, c := range b.live {
		m := c.(*message)
		key, err := k.key(m)
		if err != nil {
			m.more().status = component.Report{Status: StatusFunctionFailed, Description: "order_by: " + err.Error()}
			failed = append(failed, m)
			continue
		}
		i := k.worker(key)
		k.parts[i] = append(k.parts[i], m)
	}
	if len(failed) > 0 {
		k.stage.lost.Add(uint64(len(failed)))
		k.p.fail(k.stage, failed)
	}
	for i, part := range k.parts {
		if len(part) > 0 {
			k.parts[i] = nil
			k.workers[i].put(newBatch(part, 0, false))
		}
	}
	b.retire()
}

// worker is the number of the worker that a key belongs to.
func (k *keyed) worker(key string) int {
	return int(maphash.String(k.seed, key) % uint64(len(k.workers)))
}

func (k *keyed) join() {
	for _, q := range k.workers {
		q.join()
	}
}

func (k *keyed) end() {
	for _, q := range k.workers {
		q.end()
	}
}
