package engine

import (
	"sync"
	"testing"

	"github.com/gopiper/gopiper/component"
	"github.com/gopiper/gopiper/jsonview"
	"github.com/gopiper/gopiper/plan"
)

var _ jsonview.Carrier = (*message)(nil)

// indexHome is a home with messages of the data.
func indexHome(data ...string) *home {
	h := &home{p: &Pipeline{config: Config{BatchMax: 8}, free: make(chan *home, 1)}}
	raw := &component.Batch{}
	for _, d := range data {
		raw.Append([]byte(d))
	}
	h.fill(raw)
	return h
}

func TestIndexIsOfTheDataItWasMadeFrom(t *testing.T) {
	h := indexHome("first", "second", "")
	first, second, empty := &h.slots[0], &h.slots[1], &h.slots[2]
	expect := func(when string, m *message, want string) {
		t.Helper()
		if got := string(m.Index()); got != want {
			t.Errorf("%s: the index is %q, want %q", when, got, want)
		}
	}
	expect("at the start", first, "")
	first.SetIndex([]byte("1"))
	expect("once it is set", first, "1")
	expect("the other's", second, "")
	empty.SetIndex([]byte("0"))
	expect("of no data", empty, "")

	first.SetData([]byte("first"))
	expect("with new data of the same content", first, "")
	first.restore()
	expect("when the stage has failed", first, "1")
	first.SetData([]byte("other"))
	first.SetIndex([]byte("2"))
	first.commit()
	expect("when the stage is done", first, "2")
	first.SetData(first.GetData()[:3])
	expect("with a part of the data", first, "")
	first.restore()
	first.SetData([]byte("third"))
	first.SetIndex([]byte("3"))
	first.restore()
	expect("when a stage has failed that had set another", first, "")

	second.SetIndex([]byte("1"))
	renewed := second.renew()
	expect("of a renewed message", renewed, "")
	renewed.SetIndex([]byte("2"))
	expect("of a renewed message, once it is set", renewed, "")
	expect("of the message that was renewed", second, "1")
}

func TestIndexesUseMemoryAgain(t *testing.T) {
	m := &indexHome("first").slots[0]
	first := append(m.GrowIndex(4), "1234"...)
	m.SetIndex(first)
	second := append(m.GrowIndex(4), "567"...)
	if &first[0] != &second[0] {
		t.Error("the second index does not lie where the first did")
	}
	if index := m.Index(); index != nil {
		t.Errorf("the index is %q though its memory was given away", index)
	}
	m.SetIndex(second)
	if more := m.GrowIndex(4 + 2*indexSlack); cap(more) < 4+2*indexSlack {
		t.Errorf("memory of %d bytes for an index of %d", cap(more), 4+2*indexSlack)
	}
	if index := string(m.Index()); index != "567" {
		t.Errorf("the index is %q", index)
	}
}

func TestIndexEndsWithItsMessage(t *testing.T) {
	h := indexHome("first", "second")
	for i := range 2 {
		h.slots[i].SetIndex([]byte("1"))
	}
	buffer := h.raw
	h.clean()
	if &h.raw.Buffer[:1][0] != &buffer.Buffer[:1][0] {
		t.Fatal("the home does not use its memory again")
	}
	raw := h.raw
	raw.Append([]byte("other"))
	h.fill(raw)
	if index := h.slots[0].Index(); index != nil {
		t.Errorf("the next message in the same memory has the index %q", index)
	}
	h.reserve(len(h.slots) + 1)
	h.slots[len(h.slots)-1].data = []byte("last")
	h.slots[len(h.slots)-1].SetIndex([]byte("2"))
	if index := string(h.slots[len(h.slots)-1].Index()); index != "2" {
		t.Errorf("in a home that has grown the index is %q", index)
	}
}

// TestIndexesOfOneHome: its messages may be with several workers.
func TestIndexesOfOneHome(t *testing.T) {
	h := indexHome("a", "b", "c", "d")
	var all sync.WaitGroup
	for i := range h.n {
		all.Go(func() {
			m := &h.slots[i]
			m.SetIndex([]byte{byte(i)})
			if index := m.Index(); len(index) != 1 || index[0] != byte(i) {
				t.Errorf("message %d has the index %v", i, index)
			}
		})
	}
	all.Wait()
}

func TestCopiesHaveTheIndex(t *testing.T) {
	indexes := &collector{}
	var mu sync.Mutex
	look := syncStage("look", func(m component.Message, done component.HandledCallback) {
		mu.Lock()
		indexes.got = append(indexes.got, string(m.(jsonview.Carrier).Index()))
		mu.Unlock()
		done(component.Report{})
	})
	set := syncStage("set", func(m component.Message, done component.HandledCallback) {
		m.(jsonview.Carrier).SetIndex(m.GetData())
		done(component.Report{})
	})
	again := syncStage("again", func(m component.Message, done component.HandledCallback) {
		c := m.(jsonview.Carrier)
		c.SetIndex(append(c.GrowIndex(1), 'x')) // which no other copy may see
		done(component.Report{})
	})
	src := newNumbers(3)
	run(t, src.stage(), set, forked(plan.Branch, "branch", &Branch{Stages: []*Stage{again, (&collector{}).stage()}}, &Branch{Stages: []*Stage{look}}),
		(&collector{}).stage())
	if len(indexes.got) != 3 || indexes.got[0] != "0" || indexes.got[2] != "2" {
		t.Errorf("the copies have the indexes %q", indexes.got)
	}
}
